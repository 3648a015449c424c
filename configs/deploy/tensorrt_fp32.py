# TensorRT fp32.
_base_ = '../_base_/deploy/tensorrt.py'

pfld_mm = dict(max_error_px=0.05)
