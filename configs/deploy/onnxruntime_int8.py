# onnxruntime int8, any number of pictures: uint8 activations, int8 weights per channel. Beside
# the float model; calibrated on --calib FOLDER or on the training set of the model config.
_base_ = 'onnxruntime_dynamic.py'

pfld_mm = dict(int8=dict(pictures=200, max_error_px=4.0, max_nme_loss=0.003))
