# What every backend starts from: the ONNX graph of one image at a time.
onnx_config = dict(
    type='onnx',
    export_params=True,
    keep_initializers_as_inputs=False,
    opset_version=17,
    save_file='model.onnx',
    input_names=['input'],
    output_names=['output'],
    input_shape=None,  # the model config's
    optimize=True,
)
codebase_config = dict(type='mmpose', task='PoseDetection', module=['pfld_mm.deploy'])
# Read by tools/deploy.py alone.
pfld_mm = dict(
    fold_preprocessing=True,  # std and color order into the first convolution: BGR, 0 to 255
    channel_block=16,  # of AVX-512; 8 for AVX2 and ARM, 1 pads nothing
)
