# TensorRT fp16.
_base_ = '../_base_/deploy/tensorrt.py'

backend_config = dict(common_config=dict(fp16_mode=True))
pfld_mm = dict(max_error_px=0.5)
