_base_ = [
    '_base_/models/pfld.py',
    '_base_/datasets/wflw.py',
    '_base_/schedules/adamw_cosine.py',
    '_base_/runtime/default.py',
]
