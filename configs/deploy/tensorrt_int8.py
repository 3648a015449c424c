# TensorRT int8, the layers that refuse it in fp16.
_base_ = '../_base_/deploy/tensorrt.py'

backend_config = dict(common_config=dict(fp16_mode=True, int8_mode=True))
calib_config = dict(create_calib=True, calib_file='calib_data.h5')  # for mmdeploy's own tool
pfld_mm = dict(int8=dict(images=200, max_error_px=4.0, max_nme_loss=0.003), max_error_px=0.05)
