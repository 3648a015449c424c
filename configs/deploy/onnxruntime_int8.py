# onnxruntime int8, any number of images: uint8 activations, 7-bit weights per channel, which
# cost a little more than 8-bit ones but give the same on processors with and without VNNI. Beside
# the float model; calibrated on --calib FOLDER or on the training set of the model config.
_base_ = 'onnxruntime_dynamic.py'

pfld_mm = dict(int8=dict(images=200, max_error_px=4.0, max_nme_loss=0.015))
