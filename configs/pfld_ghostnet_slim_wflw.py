_base_ = 'pfld_ghostnet_wflw.py'

model = dict(backbone=dict(slim=True))
