# No EMA: the last weights are measured, not their average.
_base_ = 'ablation_base.py'

custom_hooks = []
