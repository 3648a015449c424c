# One network for both mark-ups; tools/publish.py makes the 98- and the 68-point model of it.
_base_ = [
    '_base_/models/pfld_ghostone.py',
    '_base_/datasets/two_markups.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]

model = dict(head=dict(num_keypoints=166))
