# Learns from drawn faces alone, as `python -m pfld_mm.synth.faces DIR` writes them: needs no photo.
_base_ = 'face_finder.py'

data_root = 'data/synthetic_faces'
drawn = dict(
    type='FaceScenes',
    data_root=data_root,
    ann_file='WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_train.txt',
    folder='WFLW_images',
    fields=207,
)
train_dataloader = dict(
    dataset=dict(datasets=[drawn, dict(type='EmptyScenes')], probs=(0.9, 0.1), length=3200)
)
shown = dict(
    _delete_=True,
    type='FinderMixture',
    datasets=[dict(drawn, ann_file=drawn['ann_file'].replace('train.txt', 'test.txt'))],
    probs=(1.0,),
    length=100,
    seed=1,
    test_mode=True,
    pipeline=[dict(type='PackFinderInputs')],
)
val_dataloader = dict(dataset=shown)
test_dataloader = dict(dataset=shown)
