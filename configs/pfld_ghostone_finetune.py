# Fine-tunes a public ONNX file that tools/convert_checkpoint.py --fold-input brought here, on
# pseudo-labels. docs/finetune.md.
_base_ = [
    '_base_/models/pfld_ghostone_deployed.py',
    '_base_/datasets/pseudo98.py',
    '_base_/schedules/finetune.py',
    '_base_/runtime/default.py',
]

load_from = 'work_dirs/public.pth'
