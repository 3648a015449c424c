# onnxruntime int8, any number of pictures: uint8 activations, int8 weights per channel. Beside
# the float model; calibrated on --calib FOLDER or on the training set of the model config.
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
    dynamic_axes=dict(input={0: 'batch'}, output={0: 'batch'}),
)
codebase_config = dict(type='mmpose', task='PoseDetection', module=['pfld_mm.deploy'])
backend_config = dict(type='onnxruntime')
# Read by tools/deploy.py alone.
pfld_mm = dict(
    fold_preprocessing=True,  # std and colour order into the first convolution: BGR, 0 to 255
    channel_block=16,  # of AVX-512; 8 for AVX2 and ARM, 1 pads nothing
    max_error_px=1e-3,  # of the float model
    int8=dict(pictures=200, max_error_px=4.0, max_nme_loss=0.003),
)
