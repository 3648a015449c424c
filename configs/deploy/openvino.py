# OpenVINO on the CPU, any number of images (openvino.convert_model, from our ONNX).
_base_ = '../_base_/deploy/onnx_dynamic.py'

backend_config = dict(type='openvino', model_inputs=[dict(opt_shapes=dict(input=[1, 3, 112, 112]))])
pfld_mm = dict(half=False, max_error_px=0.05)
