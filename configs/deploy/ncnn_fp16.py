# ncnn, weights in float16 (pnnx, from our ONNX).
_base_ = '../_base_/deploy/onnx.py'

backend_config = dict(type='ncnn', precision='FP16', use_vulkan=False)
pfld_mm = dict(half=True, max_error_px=0.5)
