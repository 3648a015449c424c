# Any number of images at a time.
_base_ = 'onnx.py'

onnx_config = dict(dynamic_axes=dict(input={0: 'batch'}, output={0: 'batch'}))
