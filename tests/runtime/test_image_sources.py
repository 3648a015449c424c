import cv2
import numpy as np
import pytest

from pfld_mm.runtime.image_sources import check_out, check_report, images_of, is_video


@pytest.fixture
def folder(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((4, 4, 3), np.uint8))
    (tmp_path / 'photo').write_bytes((tmp_path / 'a.png').read_bytes())
    (tmp_path / 'broken.jpg').write_bytes(b'')
    (tmp_path / 'clip.mp4').write_bytes(b'\0\0\0\x18ftypisom')
    (tmp_path / 'sub').mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ('name', 'expected'),
    [('a.png', False), ('photo', False), ('broken.jpg', False), ('clip.mp4', True), ('sub', False),
     ('none.mp4', False)],
)  # fmt: skip
def test_videos_by_content(folder, name, expected):
    assert is_video(str(folder / name)) is expected


def test_a_number_is_a_camera_unless_there_is_such_a_file(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert is_video('0')
    (folder / 'a.png').rename('0')
    assert not is_video('0')


def test_what_a_folder_holds_besides_is_told(folder):
    files, skipped = images_of(str(folder))
    assert [file.name for file in files] == ['a.png', 'broken.jpg', 'photo']
    assert skipped == f'{folder}: skipped, because they are no images: clip.mp4, sub'
    for index in range(5):
        (folder / f'{index}.txt').write_text('')
    assert images_of(str(folder))[1].endswith(': 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more')


def test_one_image(folder):
    assert images_of(str(folder / 'a.png')) == ([folder / 'a.png'], '')


def test_what_is_not_there(folder):
    with pytest.raises(FileNotFoundError, match=r'none\.png: no such image, folder or video'):
        images_of(str(folder / 'none.png'))
    (folder / 'sub' / 'text').write_text('')
    with pytest.raises(FileNotFoundError, match=r'sub: no image in this folder \(1 other entries'):
        images_of(str(folder / 'sub'))


@pytest.mark.parametrize(
    ('source', 'out', 'message'),
    [
        ('a.png', 'a.png', 'over the source'),
        ('a.png', 'sub/../a.png', 'over the source'),
        ('a.png', '.', 'over the source'),  # a.png in that folder
        ('.', '.', 'over the source'),
        ('.', 'clip.mp4', 'name a folder, not a file'),
        ('sub', 'new.png', 'name a folder, not a file'),
        ('a.png', 'new.xyz', r'cannot be written; name a \.jpg or \.png file'),
        ('a.png', 'new', 'cannot be written'),
        ('clip.mp4', 'new.jpg', 'the source is a video'),
        ('clip.mp4', 'new', 'the source is a video'),
        ('clip.mp4', 'sub', 'the source is a video'),
    ],
)
def test_what_would_do_harm_is_refused(folder, source, out, message):
    with pytest.raises(ValueError, match=rf'^--out .*{message}'):
        check_out(str(folder / source), folder / out)


def test_a_link_to_the_source_is_the_source(folder):
    (folder / 'link.png').hardlink_to(folder / 'a.png')
    with pytest.raises(ValueError, match='over the source'):
        check_out(str(folder / 'a.png'), folder / 'link.png')


@pytest.mark.parametrize(
    ('source', 'out'),
    [('a.png', 'new.jpg'), ('a.png', 'sub'), ('.', 'sub'), ('sub', 'new'), ('clip.mp4', 'new.avi')],
)
def test_what_makes_sense_is_accepted(folder, source, out):
    check_out(str(folder / source), folder / out)
    check_out(str(folder / source), None)


@pytest.mark.parametrize(
    ('file', 'message'),
    [
        ('a.png', 'would write over an image'),  # the source
        ('photo', 'would write over an image'),
        ('broken.jpg', 'would write over an image'),
        ('clip.mp4', 'would write over an image or a video'),
        ('out.png', '--json and --out both go to'),
    ],
)
def test_a_report_writes_over_no_picture(folder, file, message):
    with pytest.raises(ValueError, match=message):
        check_report('--json', str(folder / file), str(folder / 'a.png'), folder / 'out.png')
    check_report('--json', str(folder / 'new.json'), str(folder / 'a.png'), folder / 'out.png')
