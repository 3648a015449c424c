# Half of Slim's width, for the smallest devices: 221,098 parameters, 24 MMAC.
_base_ = 'pfld_ghostnet_slim_wflw.py'

model = dict(backbone=dict(width_factor=0.5), head=dict(in_channels=256))
