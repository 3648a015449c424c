_base_ = [
    '_base_/models/pfld_ghostone.py',
    '_base_/datasets/ibug68.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]

model = dict(head=dict(num_keypoints=68))
