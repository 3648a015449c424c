# As pfld_ghostone_finetune.py, on hand-made 68 points.
_base_ = [
    '_base_/models/pfld_ghostone_deployed.py',
    '_base_/datasets/ibug68.py',
    '_base_/schedules/finetune.py',
    '_base_/runtime/default.py',
]

model = dict(head=dict(num_keypoints=68))
load_from = 'work_dirs/public.pth'
