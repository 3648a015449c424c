# Drawn faces in a tree of WFLW's form (98 points), as pfld_mm.synth.faces writes it.
_base_ = 'wflw.py'

data_root = 'data/synthetic_faces'
train_dataloader = dict(dataset=dict(data_root=data_root))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = dict(dataset=dict(data_root=data_root))
