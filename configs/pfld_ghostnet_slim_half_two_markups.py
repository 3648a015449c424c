# The smallest model, on both mark-ups; tools/publish.py makes the 98-point model of it.
_base_ = 'pfld_ghostone_two_markups.py'

model = dict(
    backbone=dict(_delete_=True, type='PFLDGhostNet', slim=True, width_factor=0.5),
    head=dict(in_channels=256),
)
