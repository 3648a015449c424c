# TensorRT int8, 1 to 8 pictures; the engine runs on the GPU it was built on.
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
backend_config = dict(
    type='tensorrt',
    common_config=dict(fp16_mode=True, int8_mode=True, max_workspace_size=1 << 30),
    # tools/deploy.py takes the numbers of pictures from here and (C, h, w) from the model config.
    model_inputs=[
        dict(
            input_shapes=dict(
                input=dict(
                    min_shape=[1, 3, 112, 112],
                    opt_shape=[1, 3, 112, 112],
                    max_shape=[8, 3, 112, 112],
                )
            )
        )
    ],
)
calib_config = dict(create_calib=True, calib_file='calib_data.h5')  # for mmdeploy's own tool
# Read by tools/deploy.py alone.
pfld_mm = dict(
    fold_preprocessing=True,  # std and colour order into the first convolution: BGR, 0 to 255
    channel_block=16,  # of AVX-512; 8 for AVX2 and ARM, 1 pads nothing
    int8=dict(pictures=200, max_error_px=4.0, max_nme_loss=0.003),
    max_error_px=0.05,
)
