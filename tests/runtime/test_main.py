import csv
import json
import re

import cv2
import numpy as np
import pytest
from helpers.exported_models import disc_box, disc_image

from pfld_mm.runtime import __main__ as program
from pfld_mm.runtime import model_folder
from pfld_mm.runtime.__main__ import main
from pfld_mm.runtime.face_finder import FaceFinder
from pfld_mm.runtime.face_landmarker import FaceLandmarker

pytestmark = pytest.mark.usefixtures('found_disc')


def sentences(capsys):
    """What a person reads; stdout is no terminal here, so it has JSON."""
    return [line for line in capsys.readouterr().err.splitlines() if ' ms' in line]


def lines(capsys):
    captured = capsys.readouterr()
    return [json.loads(line) for line in captured.out.splitlines()], captured.err


def test_one_image(face_model, images, tmp_path, capsys):
    out = tmp_path / 'out.png'
    arguments = [
        images / 'a.png',
        '--model',
        face_model,
        '--pose',
        '--self-test',
        '--out',
        out,
        '--json',
    ]
    assert main([str(a) for a in arguments]) == 0
    (answer,), errors = lines(capsys)
    (face,) = answer['faces']
    assert np.shape(face['points']) == (68, 2) and abs(face['yaw']) < 0.1
    np.testing.assert_allclose(face['box'], disc_box((90, 110), 30), atol=1)
    assert cv2.imread(str(out)).shape == (200, 200, 3) and 'self-test passed' in errors


def test_a_folder_goes_on_after_a_broken_image(face_model, images, tmp_path, capsys):
    out = tmp_path / 'drawn'
    assert main([str(images), '--model', str(face_model), '--out', str(out), '--json']) == 1
    answers, errors = lines(capsys)
    assert [len(answer['faces']) for answer in answers] == [1, 0]
    assert 'left out' in errors and 'c.png: expected an image' in errors and 'd.txt' in errors
    assert sorted(p.name for p in out.iterdir()) == ['a.png', 'b.jpg']


def test_video(face_model, tmp_path, capsys):
    clip, out = tmp_path / 'clip.avi', tmp_path / 'out.mp4'
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter_fourcc(*'MJPG'), 25, (200, 160))
    for index in range(8):
        writer.write(disc_image((160, 200), [(60 + 5 * index, 80)], 30))
    writer.release()
    assert main([str(clip), '--model', str(face_model), '--out', str(out), '--json']) == 0
    answers, _ = lines(capsys)
    assert [answer['time'] for answer in answers] == [round(i / 25, 4) for i in range(8)]
    assert [[face['id'] for face in answer['faces']] for answer in answers] == [[0]] * 8
    assert out.stat().st_size > 0


def test_a_camera_that_ends_is_told(face_model, monkeypatch, capsys):
    class Video:
        is_camera, fps, frames, announced, name = True, 30.0, 2, 0, 'camera 3'
        broke_off = True

        def __init__(self, source, max_pixels):
            assert source == 3

        def __iter__(self):
            image = disc_image((160, 200), [(90, 80)], 30)
            return iter([(0.0, image), (1 / 30, image)])

        def close(self):
            self.closed = True

    monkeypatch.setattr(program, 'Video', Video)
    assert main(['3', '--model', str(face_model), '--json']) == 0
    answers, errors = lines(capsys)
    assert len(answers) == 2 and 'camera 3 ended after 2 frames' in errors


def test_slider(slider_model, tmp_path, capsys):
    image = np.zeros((64, 128, 3), np.uint8)
    image[20:24, 96:100, 2] = image[20:24, 8:12, 1] = 250
    cv2.imwrite(str(tmp_path / 'puzzle.png'), image)
    arguments = [tmp_path / 'puzzle.png', '--model', slider_model, '--out', tmp_path / 'out.png']
    assert main([str(a) for a in arguments] + ['--self-test', '--json']) == 0
    (answer,), _ = lines(capsys)
    np.testing.assert_allclose(answer['gap'], (98.5, 20.5), atol=1e-3)
    assert answer['found'] is True
    np.testing.assert_allclose(answer['distance'], 88.5, atol=1e-3)
    assert (tmp_path / 'out.png').is_file()


@pytest.mark.parametrize(
    ('source', 'message'),
    [
        ('nowhere.jpg', 'no such image, folder or video'),
        ('empty', 'no image in this folder'),
        ('text.mp4', 'not a video'),
        ('997', 'camera 997 cannot be opened'),
        ('broken.png', 'broken.png: expected an image'),
    ],
)
def test_sources_that_cannot_be_read(face_model, tmp_path, monkeypatch, capsys, source, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'text.mp4').write_text('no video')
    (tmp_path / 'broken.png').write_bytes(b'')
    assert main([source, '--model', str(face_model), '--json']) == 2
    assert message in capsys.readouterr().err


def test_models_that_cannot_be_read(tmp_path, slider_model, capsys):
    assert main(['a.jpg', '--model', str(tmp_path / 'none')]) == 2
    assert 'no such model folder' in capsys.readouterr().err
    (tmp_path / 'clip.mp4').write_bytes(b'x')
    assert main([str(tmp_path / 'clip.mp4'), '--model', str(slider_model)]) == 2
    assert 'it takes images, not videos' in capsys.readouterr().err


def test_shipped_models_go_by_their_names(face_model, images, tmp_path, monkeypatch, capsys):
    (tmp_path / 'face_finder').symlink_to(model_folder.SHIPPED / 'face_finder')
    monkeypatch.setattr(model_folder, 'SHIPPED', tmp_path)
    (tmp_path / 'disc').symlink_to(face_model)
    assert main([str(images / 'a.png'), '--model', 'disc', '--json']) == 0
    assert len(lines(capsys)[0][0]['faces']) == 1
    assert main(['a.jpg', '--model', 'disk']) == 2
    assert "a model that comes with the package: ['disc', 'face_finder']" in capsys.readouterr().err


def test_the_default_model_is_shipped(images, monkeypatch, capsys):
    monkeypatch.setattr(model_folder, 'SHIPPED', images)
    assert main([str(images / 'a.png')]) == 2
    assert 'pfld_ghostone_98: no such model folder' in capsys.readouterr().err


def test_kind_of_a_file_is_its_content(face_model, images, tmp_path, capsys):
    (images / 'a.png').rename(images / 'a.jfif')
    (images / 'b.jpg').rename(images / 'noending')
    assert (
        main([str(images), '--model', str(face_model), '--out', str(tmp_path / 'out'), '--json'])
        == 1
    )
    answers, errors = lines(capsys)
    assert [len(answer['faces']) for answer in answers] == [1, 0]
    assert 'skipped, because they are no images: d.txt' in errors
    assert sorted(p.name for p in (tmp_path / 'out').iterdir()) == ['a.jfif.png', 'noending.png']


def test_too_large_a_image_names_the_option(face_model, images, capsys):
    arguments = [str(images / 'a.png'), '--model', str(face_model), '--max-pixels']
    assert main([*arguments, '39999']) == 2
    assert '200 x 200 pixels' in (errors := capsys.readouterr().err) and '--max-pixels' in errors
    assert main([*arguments, '40000']) == 0


def test_the_source_is_never_written_over(face_model, images, monkeypatch, capsys):
    source = images / 'a.png'
    before = source.read_bytes()
    (images / 'link.png').symlink_to(source)
    monkeypatch.chdir(images)
    for name in (str(source), 'a.png', 'link.png', '.', '../images/a.png'):
        assert main([str(source), '--model', str(face_model), '--out', name]) == 2
        assert f'--out {name} would write over the source' in capsys.readouterr().err
    assert main(['.', '--model', str(face_model), '--out', str(images)]) == 2
    assert 'would write over the source' in capsys.readouterr().err
    assert source.read_bytes() == before


@pytest.mark.parametrize('name', ['x.png', 'x.JPG', 'x.mp4', 'present'])
def test_a_folder_of_images_needs_a_folder(face_model, images, tmp_path, capsys, name):
    (tmp_path / 'present').write_text('a file')
    assert main([str(images), '--model', str(face_model), '--out', str(tmp_path / name)]) == 2
    assert 'name a folder, not a file' in capsys.readouterr().err
    assert not (tmp_path / name).is_dir()


@pytest.mark.parametrize('name', ['a.xyz', 'noending'])
def test_an_out_that_cannot_be_written_is_told_first(face_model, images, tmp_path, capsys, name):
    arguments = [images / 'a.png', '--model', face_model, '--out', tmp_path / name]
    assert main([str(a) for a in arguments]) == 2
    answers, errors = capsys.readouterr()
    assert not answers and 'cannot be written; name a .jpg or .png file' in errors


def test_a_image_may_be_drawn_into_a_folder(face_model, images, tmp_path):
    (tmp_path / 'out').mkdir()
    arguments = [images / 'a.png', '--model', face_model, '--out', tmp_path / 'out']
    assert main([str(a) for a in arguments]) == 0
    assert (tmp_path / 'out/a.png').is_file()


def test_no_screen_is_told_before_the_model_is_read(images, monkeypatch, capsys):
    for name in ('DISPLAY', 'WAYLAND_DISPLAY', 'QT_QPA_PLATFORM'):
        monkeypatch.delenv(name, raising=False)
    assert main([str(images / 'a.png'), '--model', 'none', '--show']) == 2
    assert '--show needs a screen' in capsys.readouterr().err


def test_a_person_reads_sentences_and_finds_the_drawn_image(face_model, images, capsys):
    assert main([str(images / 'a.png'), '--model', str(face_model)]) == 0
    (line,) = sentences(capsys)
    assert re.fullmatch(r'.*a\.png: 1 face, \d+ ms, drawn in (.*a\.points\.png)', line)
    assert cv2.imread(str(images / 'a.points.png')).shape == (200, 200, 3)
    assert main([str(images / 'b.jpg'), '--model', str(face_model)]) == 0
    assert 'b.jpg: no face found' in sentences(capsys)[0]


def test_a_folder_is_drawn_beside_it(face_model, images, capsys):
    assert main([str(images), '--model', str(face_model)]) == 1
    assert len(sentences(capsys)) == 2
    drawn = images.with_name('images.points')
    assert sorted(p.name for p in drawn.iterdir()) == ['a.png', 'b.jpg']


def test_nothing_is_drawn_where_a_program_reads(face_model, images, capsys):
    assert main([str(images / 'a.png'), '--model', str(face_model), '--json']) == 0
    assert len(lines(capsys)[0]) == 1
    assert not (images / 'a.points.png').exists()


def test_csv_has_a_line_a_point(face_model, images, tmp_path, capsys):
    table = tmp_path / 'points.csv'
    assert main([str(images / 'a.png'), '--model', str(face_model), '--csv', str(table)]) == 0
    assert '1 face' in capsys.readouterr().out
    rows = list(csv.DictReader(table.open()))
    assert len(rows) == 68 and [int(row['point']) for row in rows] == list(range(68))
    assert main([str(images / 'a.png'), '--model', str(face_model), '--json']) == 0
    ((face,),) = (answer['faces'] for answer in lines(capsys)[0])
    found = [[float(row['x']), float(row['y'])] for row in rows]
    assert found == face['points']


def test_csv_of_a_puzzle(slider_model, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / 'puzzle.png'), np.zeros((64, 128, 3), np.uint8))
    assert main([str(tmp_path / 'puzzle.png'), '--model', str(slider_model), '--csv']) == 0
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert row['found'] == 'True' and float(row['distance']) == pytest.approx(
        float(row['gap_x']) - float(row['piece_x']), abs=1e-2
    )


@pytest.mark.parametrize('to', [[], ['same']])
def test_two_reports_in_one_place_are_refused(face_model, images, capsys, to):
    arguments = [str(images / 'a.png'), '--model', str(face_model)]
    assert main([*arguments, '--json', *to, '--csv', *to]) == 2
    assert '--json and --csv both go to' in capsys.readouterr().err


def test_a_camera_needs_a_place_for_its_frames(capsys):
    assert main(['3']) == 2
    assert 'camera 3: say what to do with its frames' in capsys.readouterr().err


def test_a_video_says_what_was_found(face_model, tmp_path, capsys):
    clip = tmp_path / 'clip.avi'
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter_fourcc(*'MJPG'), 25, (200, 160))
    for _ in range(4):
        writer.write(disc_image((160, 200), [(60, 80)], 30))
    writer.release()
    assert main([str(clip), '--model', str(face_model)]) == 0
    (line,) = sentences(capsys)
    assert 'clip.avi: 4 frames, 1.0 faces a frame' in line and 'clip.points.mp4' in line
    assert (tmp_path / 'clip.points.mp4').stat().st_size > 0


def test_options_of_the_finder(face_model, images, monkeypatch):
    seen = []
    find = FaceFinder.__call__

    def note(self, image):
        seen.append((self.max_side, self.min_face))
        return find(self, image)

    monkeypatch.setattr(FaceFinder, '__call__', note)
    arguments = [str(images / 'a.png'), '--model', str(face_model)]
    assert main(arguments) == 0
    assert main([*arguments, '--max-side', '320', '--min-face', '24']) == 0
    assert seen == [(640, None), (320, 24.0)]


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--max-side', '20'], 'max_side must be at least 32'),
        (['--min-face', '-1'], 'min_face must be positive'),
        (['--min-face', '9', '--finder', 'haar'], '--min-face is an option of the own face finder'),
        (['--max-side', '99', '--finder', 'haar'], '--max-side is an option of the own face'),
    ],
)
def test_impossible_options_of_the_finder(face_model, images, capsys, options, message):
    assert main([str(images / 'a.png'), '--model', str(face_model), *options]) == 2
    errors = capsys.readouterr().err
    assert message in errors and len(errors.splitlines()) == 1


def test_the_default_finder_is_the_landmarkers():
    """With a model that tells its deviations the finder answers what is less sure, too."""
    options = program.parser().parse_args(['a.jpg'])
    for shipped in ('pfld_ghostone_98', 'pfld_ghostone_68'):
        landmarker = FaceLandmarker(shipped)
        made = program._finder(options, landmarker.info)
        assert made.min_score == landmarker.finder.min_score


def test_a_terminal_shows_sentences_alone_and_a_program_gets_json(
    face_model, images, monkeypatch, capsys
):
    arguments = [str(images / 'a.png'), '--model', str(face_model)]
    assert main(arguments) == 0
    answers, errors = lines(capsys)
    assert len(answers) == 1 and '1 face' in errors
    monkeypatch.setattr('sys.stdout.isatty', lambda: True, raising=False)
    assert main(arguments) == 0
    out, errors = capsys.readouterr()
    assert '1 face' in out and '{' not in out and not errors


def test_what_was_drawn_before_is_no_image_of_the_folder(face_model, images, capsys):
    assert main([str(images / 'a.png'), '--model', str(face_model)]) == 0
    assert (images / 'a.points.png').is_file()
    capsys.readouterr()
    assert main([str(images), '--model', str(face_model), '--json']) == 1
    assert len(lines(capsys)[0]) == 2
