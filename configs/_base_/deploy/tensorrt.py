# 1 to 8 images; the engine runs on the GPU it was built on.
_base_ = 'onnx_dynamic.py'

backend_config = dict(
    type='tensorrt',
    common_config=dict(fp16_mode=False, int8_mode=False, max_workspace_size=1 << 30),
    # tools/deploy.py takes the numbers of images from here and (C, h, w) from the model config.
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
