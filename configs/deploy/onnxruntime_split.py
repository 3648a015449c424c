# onnxruntime, any number of images: more nodes in the file, no copies of maps when it runs.
_base_ = 'onnxruntime_dynamic.py'

pfld_mm = dict(split_concats=True)  # W [u; v] as W_u u + W_v v, added in place
