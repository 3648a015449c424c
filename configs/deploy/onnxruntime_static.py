# onnxruntime, one image at a time.
_base_ = '../_base_/deploy/onnx.py'

backend_config = dict(type='onnxruntime')
pfld_mm = dict(max_error_px=1e-3)
