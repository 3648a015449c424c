# onnxruntime, any number of images.
_base_ = '../_base_/deploy/onnx_dynamic.py'

backend_config = dict(type='onnxruntime')
pfld_mm = dict(max_error_px=1e-3)
