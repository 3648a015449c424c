import numpy as np
import pytest
from mmpose.registry import DATASETS

from pfld_mm.core.boxes import landmark_boxes
from pfld_mm.datasets.face.unusable_sample import UnusableSample
from pfld_mm.datasets.finder.empty_scenes import EmptyScenes
from pfld_mm.datasets.finder.face_crops import FaceCrops
from pfld_mm.datasets.finder.face_scenes import FaceScenes
from pfld_mm.datasets.finder.finder_dataset import FinderDataset
from pfld_mm.datasets.finder.finder_mixture import FinderMixture
from pfld_mm.datasets.finder.wflw_images import WFLWImages

TEST_LIST = 'WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_test.txt'


def scenes(tree, **options):
    return FaceScenes(
        ann_file=TEST_LIST, folder='WFLW_images', fields=207, data_root=str(tree), **options
    )


def test_a_whole_image_with_its_faces(finder_folder):
    dataset = FinderDataset(['faces.txt'], data_root=str(finder_folder))
    info = dataset.get_data_info(0)
    assert len(dataset) == 3 and len(info['boxes']) == 2
    assert info['img_path'] == str(finder_folder / '0.png')


def test_parts_are_disjoint_and_complete(finder_folder):
    parts = [
        {info['img_path'] for info in _images(finder_folder, (kind, 0.5))}
        for kind in ('train', 'val')
    ]
    assert not parts[0] & parts[1] and len(parts[0] | parts[1]) == 3


def test_an_image_saved_twice_stays_on_one_side(finder_folder):
    text = (finder_folder / 'faces.txt').read_text(encoding='utf-8')
    (finder_folder / 'faces.txt').write_text(
        text + text.splitlines()[1].replace('1.png', '2.png') + '\n', encoding='utf-8'
    )
    (finder_folder / 'copy.txt').write_text(
        ''.join(line.replace('0.png', '1.png') + '\n' for line in text.splitlines()[::2]),
        encoding='utf-8',
    )
    names = ['faces.txt', 'copy.txt']
    for fraction in np.linspace(0.1, 0.9, 9):
        infos = _images(finder_folder, ('val', float(fraction)), names)
        twice = [info for info in infos if len(info['boxes']) == 2 and info['boxes'][0, 0] == 10]
        assert len(twice) in (0, 2)


def _images(folder, part, names=('faces.txt',)):
    dataset = FinderDataset(list(names), part=part, data_root=str(folder), lazy_init=True)
    return dataset.load_data_list()


def test_a_missing_image_is_named_with_its_line(finder_folder):
    (finder_folder / '1.png').unlink()
    with pytest.raises(FileNotFoundError, match=r'faces.txt:2: no image .*1.png'):
        FinderDataset(['faces.txt'], data_root=str(finder_folder))


def test_impossible_parts_are_refused():
    with pytest.raises(ValueError, match="'train', fraction"):
        FinderDataset(['faces.txt'], part=('test', 0.1))


def test_scenes_have_faces_in_tight_boxes(drawn_tree):
    dataset = scenes(drawn_tree, size=(320, 256), grids=(2,), empty_prob=0.0)
    np.random.seed(0)
    info = dataset.get_data_info(0)
    assert info['img'].shape == (256, 320, 3) and info['img'].dtype == np.uint8
    assert info['boxes'].shape == (4, 4) and info['points'].shape == (4, 5, 2)
    low, high = info['boxes'][:, None, :2], info['boxes'][:, None, 2:]
    assert ((info['points'] >= low) & (info['points'] <= high)).all()
    sides = (info['boxes'][:, 2:] - info['boxes'][:, :2]).max(axis=1)
    assert (sides > 40).all() and (sides < 150).all()


def test_a_pasted_face_lies_where_its_points_say(drawn_tree):
    dataset = scenes(drawn_tree, grids=(1,), max_angle=60.0)
    image, points = dataset.crops[0]
    dataset.crops = [(np.full_like(image, 10), points)]
    for x, y in points.astype(int):
        image[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3] = 250
    np.random.seed(1)
    marked = np.full_like(image, 10)
    for x, y in points.astype(int):
        marked[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4] = 250
    dataset.crops = [(marked, points)]
    scene = np.zeros((320, 320, 3), np.uint8)
    moved = dataset._paste(scene, np.zeros(2), np.array([320.0, 320.0]))
    inside = ((moved > 3) & (moved < 316)).all(axis=1)
    x, y = moved[inside].round().astype(int).T
    assert (scene[y, x, 0] > 120).mean() > 0.95
    box = landmark_boxes(moved[None])[0]
    assert (box[2:] - box[:2]).max() < 330


def test_empty_scenes(drawn_tree):
    np.random.seed(0)
    for folders in ((), ('WFLW_images',)):
        dataset = EmptyScenes(folders, size=(64, 96), texture_prob=0.5, data_root=str(drawn_tree))
        for index in range(4):
            info = dataset.get_data_info(index)
            assert info['img'].shape == (96, 64, 3) and len(info['boxes']) == 0
    with pytest.raises(FileNotFoundError, match='no image'):
        EmptyScenes(('WFLW_annotations',), data_root=str(drawn_tree))


def mixture(tree, **options):
    faces = dict(
        type='FaceScenes',
        ann_file=TEST_LIST,
        folder='WFLW_images',
        fields=207,
        data_root=str(tree),
        size=(160, 160),
    )
    settings = dict(
        datasets=[faces, dict(type='EmptyScenes', size=(160, 160))],
        probs=(0.5, 0.5),
        length=8,
        pipeline=[
            dict(type='PackFinderInputs', encoder=dict(type='FaceMapLabel', input_size=(160, 160)))
        ],
    )
    return FinderMixture(**{**settings, **options})


def test_samples_depend_on_seed_epoch_and_index_alone(drawn_tree):
    one, other = mixture(drawn_tree), mixture(drawn_tree)
    first = one[3]['inputs']
    np.random.seed(123)
    assert (other[3]['inputs'] == first).all()
    assert not (one[4]['inputs'] == first).all()
    other.set_epoch(1)
    assert not (other[3]['inputs'] == first).all()
    assert not (mixture(drawn_tree, seed=1)[3]['inputs'] == first).all()


def test_both_kinds_are_drawn(drawn_tree):
    counts = [len(one['data_samples'].gt_instances) for one in mixture(drawn_tree)]
    assert min(counts) == 0 and max(counts) > 0


def test_shares_must_fit():
    with pytest.raises(ValueError, match='add up to 1'):
        mixture('nowhere', probs=(0.5, 0.4), lazy_init=True)


def test_mosaic_moves_its_tiles(finder_folder):
    whole = dict(
        type='FinderDataset',
        ann_files=['faces.txt'],
        data_root=str(finder_folder),
        pipeline=[dict(type='LoadFinderImage')],
    )
    mosaic = DATASETS.build(dict(type='FinderMosaic', dataset=whole, grid=2))
    info = mosaic.get_data_info(0)
    assert info['img'].shape == (120, 160, 3)
    originals = [read['boxes'] for read in (mosaic.dataset[i] for i in range(3))]
    known = {tuple(box % (80, 60, 80, 60)) for boxes in originals for box in boxes}
    assert all(tuple(box % (80, 60, 80, 60)) in known for box in info['boxes'])
    assert info['boxes'][:, 0].max() > 80 or info['boxes'][:, 1].max() > 60


def test_an_unreadable_image_is_named(finder_folder):
    (finder_folder / '2.png').write_bytes(b'no image')
    whole = FinderDataset(
        ['faces.txt'], data_root=str(finder_folder), pipeline=[dict(type='LoadFinderImage')]
    )
    with pytest.raises(UnusableSample, match=r'2.png: '):
        whole.prepare_data(2)


def test_wflw_images_have_all_their_faces_with_yaw(drawn_tree):
    dataset = WFLWImages(ann_files=[TEST_LIST], data_root=str(drawn_tree))
    info = dataset.get_data_info(0)
    assert len(dataset) == 4 and info['attributes'].shape == (1, 6)
    assert info['attribute_names'][0] == 'pose' and abs(info['yaw'][0]) <= 90
    low, high = info['boxes'][0, :2], info['boxes'][0, 2:]
    assert ((info['points'] >= low) & (info['points'] <= high)).all()


def _unmark(tree, name):
    """A list whose first face has a point that is not marked."""
    text = (tree / TEST_LIST).read_text(encoding='utf-8')
    rest = text.split(' ', 2)[2]
    (tree / name).write_text(f'-1 -1 {rest}', encoding='utf-8')
    return text


def test_a_wflw_face_with_a_point_that_is_not_marked_is_ignored(drawn_tree):
    _unmark(drawn_tree, 'unmarked.txt')
    whole, other = (
        WFLWImages(ann_files=[name], data_root=str(drawn_tree)).get_data_info(0)
        for name in (TEST_LIST, 'unmarked.txt')
    )
    assert other['ignore'].tolist() == [True] and not whole['ignore'].any()
    assert other['boxes'][0].min() > 0  # the corner does not stretch it
    np.testing.assert_allclose(other['boxes'], whole['boxes'], atol=30)


def test_scenes_leave_out_faces_with_a_point_that_is_not_marked(drawn_tree):
    _unmark(drawn_tree, 'unmarked.txt')
    crops = FaceCrops(drawn_tree / 'unmarked.txt', drawn_tree / 'WFLW_images', 207)
    assert len(crops) == 3 and crops.sources[0].endswith(':2')


def test_numbers_that_overflow_are_named(drawn_tree):
    text = (drawn_tree / TEST_LIST).read_text(encoding='utf-8')
    (drawn_tree / 'huge.txt').write_text('1e300 ' + text.split(' ', 1)[1], encoding='utf-8')
    with pytest.raises(ValueError, match=r"huge\.txt:1: expected finite .* found '1e300'"):
        WFLWImages(ann_files=['huge.txt'], data_root=str(drawn_tree))
    with pytest.raises(ValueError, match=r"huge\.txt:1: expected finite .* found '1e300'"):
        FaceCrops(drawn_tree / 'huge.txt', drawn_tree / 'WFLW_images', 207)
