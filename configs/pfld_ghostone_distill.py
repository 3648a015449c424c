# As pfld_ghostone_finetune, with labels that move half of the way to what exported models find in
# each augmented crop. docs/finetune.md.
_base_ = 'pfld_ghostone_finetune.py'

teachers = ['pfld_ghostone_98']  # names of shipped models, or folders that tools/deploy.py wrote
landmarker = 'pfld_mm.runtime.face_landmarker.FaceLandmarker'
mix = dict(
    type='MixTeacherKeypoints', teachers=[dict(type=landmarker, folder=name) for name in teachers]
)
steps = _base_.train_pipeline  # the last three encode and pack
train_dataloader = dict(dataset=dict(pipeline=[*steps[:-3], mix, *steps[-3:]]))
