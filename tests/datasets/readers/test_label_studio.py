import json

import pytest
from helpers.label_files import WRITERS, draw_plates

from pfld_mm.datasets.readers.label_studio import read_label_studio
from pfld_mm.datasets.readers.usable import only_usable


def read(tmp_path, change):
    """What is read of five tasks, the second changed."""
    plates = draw_plates(tmp_path / 'set', 5)
    path = WRITERS['label_studio'](plates)
    tasks = json.loads(path.read_text())
    change(tasks[1])
    path.write_text(json.dumps(tasks))
    return read_label_studio(path, path.parent)


def results(task):
    return task['annotations'][1]['result']


def test_the_first_annotation_with_points_is_taken(tmp_path):
    def add(task):
        full = task['annotations'][1]
        task['annotations'] = [dict(result=[]), dict(result=[dict(type='choices')]), full, full]

    labels = read(tmp_path, add)
    assert len(labels.objects) == 5
    (reason,) = labels.left_out
    assert reason.endswith('labels.json: task 2: 1 further annotations with points')


@pytest.mark.parametrize('annotations', [[], [dict(result=[])], [dict(result=[dict(type='a')])]])
def test_a_task_without_points_is_left_out(tmp_path, annotations):
    labels = read(tmp_path, lambda task: task.update(annotations=annotations))
    assert len(labels.objects) == 4
    assert labels.left_out[0].endswith('task 2: no annotation with points')


def test_a_task_without_an_image(tmp_path):
    with pytest.raises(ValueError, match=r"task 2, data: expected the link of an image, .*'text'"):
        read(tmp_path, lambda task: task.update(data=dict(text='a')))
    (tmp_path / 'b').mkdir()
    labels = read(tmp_path / 'b', lambda task: task.update(data=dict(text='a'), annotations=[]))
    assert len(labels.objects) == 4 and labels.left_out[0].endswith('no annotation with points')


def test_a_turned_image_is_left_out(tmp_path):
    labels = read(tmp_path, lambda task: results(task)[2].update(image_rotation=90))
    assert len(labels.objects) == 4 and 'task 2: image_rotation is 90; turn' in labels.left_out[0]
    (tmp_path / 'b').mkdir()
    labels = read(tmp_path / 'b', lambda task: results(task)[2].update(image_rotation=0))
    assert len(labels.objects) == 5


def test_images_of_another_size_are_left_out(tmp_path):
    def resize(task):
        for result in results(task):
            result.update(original_width=180, original_height=240)

    labels = only_usable(read(tmp_path, resize))
    assert len(labels.objects) == 4 and 'as EXIF turns it' in labels.left_out[0]
    (tmp_path / 'b').mkdir()
    labels = read(tmp_path / 'b', lambda task: results(task)[0].update(original_width=99))
    assert 'its results are of images of different sizes' in labels.left_out[0]


@pytest.mark.parametrize('x', [10**400, '4_0', '٤'])
def test_malformed_numbers_are_named(tmp_path, x):
    with pytest.raises(ValueError, match=r'task 2, result\[0\], x, y: expected 2 finite numbers'):
        read(tmp_path, lambda task: results(task)[0]['value'].update(x=x))


def test_a_label_that_is_no_name(tmp_path):
    with pytest.raises(ValueError, match=r'keypointlabels: expected a list of names, found \[{'):
        read(tmp_path, lambda task: results(task)[0]['value'].update(keypointlabels=[{}]))
