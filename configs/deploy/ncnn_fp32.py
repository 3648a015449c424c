# ncnn, weights in float32 (pnnx, from our ONNX).
_base_ = '../_base_/deploy/onnx.py'

backend_config = dict(type='ncnn', precision='FP32', use_vulkan=False)
pfld_mm = dict(half=False, max_error_px=0.05)
