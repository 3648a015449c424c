import cv2
import numpy as np
from matplotlib.figure import Figure

from pfld_mm.evaluation.face_report import CAPTION, TILE, TITLE, draw_curve, draw_sheet


def make_faces(folder, num_faces, error_of):
    """Faces of one point pattern, 100 px wide around (200, 150) in a blue image."""
    path = folder / 'blue.png'
    cv2.imwrite(str(path), np.full((300, 400, 3), (200, 0, 0), np.uint8))
    gt = np.float32([[150, 100], [250, 100], [250, 200], [150, 200]])
    return [
        {'image': str(path), 'id': i, 'error': error_of(i), 'gt': gt, 'pred': gt + [10, 0]}
        for i in range(num_faces)
    ]


def near(tile, x, y, color):
    """Whether the pixel at (x, y) of the JPEG has about that color."""
    return np.abs(tile[round(y), round(x)].astype(int) - color).max() < 60


def test_points_are_drawn_where_they_are(tmp_path):
    draw_sheet(tmp_path / 'faces.jpg', make_faces(tmp_path, 1, lambda i: 0.05))
    sheet = cv2.imread(str(tmp_path / 'faces.jpg'))
    assert sheet.shape == (3 * (TITLE + TILE + CAPTION), TILE, 3)
    tile = sheet[TITLE : TITLE + TILE]
    scale, middle = TILE / 140, (TILE - 1) / 2
    for x, y in [(-50, -50), (50, -50), (50, 50), (-50, 50)]:
        assert near(tile, middle + scale * x, middle + scale * y, (60, 220, 60))
        assert near(tile, middle + scale * (x + 10), middle + scale * y, (50, 50, 255))
    assert near(tile, middle, middle, (200, 0, 0))


def test_image_and_points_lie_on_each_other(tmp_path):
    faces = make_faces(tmp_path, 1, lambda i: 0.05)
    image = np.zeros((300, 400, 3), np.uint8)
    image[190:, :] = 255  # an edge at y = 189.5
    cv2.imwrite(faces[0]['image'], image)
    draw_sheet(tmp_path / 'faces.jpg', faces)
    column = cv2.imread(str(tmp_path / 'faces.jpg'))[TITLE : TITLE + TILE, 20, 0].astype(float)
    edge = np.interp(128, column[150:], np.arange(150, TILE))
    assert abs(edge - ((189.5 - 150) * TILE / 140 + (TILE - 1) / 2)) < 0.7


def test_rows_are_the_best_the_median_and_the_worst(tmp_path):
    faces = make_faces(tmp_path, 30, lambda i: (i * 7 % 30) / 100)
    for face in faces:
        gray = round(8 * 100 * face['error'])
        face['image'] = str(tmp_path / f'{gray}.png')
        cv2.imwrite(face['image'], np.full((300, 400, 3), gray, np.uint8))
    draw_sheet(tmp_path / 'faces.jpg', faces)
    sheet = cv2.imread(str(tmp_path / 'faces.jpg'))
    middles = sheet[TITLE + TILE // 2 :: TITLE + TILE + CAPTION, TILE // 2 :: TILE, 0]
    shown = (middles / 8).round().astype(int)
    assert shown.tolist() == [list(range(6)), list(range(12, 18)), list(range(29, 23, -1))]


def test_missing_image_unmarked_point_and_wild_prediction_are_drawn(tmp_path):
    faces = make_faces(tmp_path, 2, lambda i: 0.05)
    faces[0]['image'] = str(tmp_path / 'nowhere.jpg')
    faces[1]['gt'] = faces[1]['gt'].copy()
    faces[1]['gt'][0] = np.nan
    faces[1]['pred'] = faces[1]['pred'] + 1e9
    draw_sheet(tmp_path / 'faces.jpg', faces)
    assert cv2.imread(str(tmp_path / 'faces.jpg')) is not None


def test_the_curve_is_drawn_for_few_and_for_wild_errors(tmp_path):
    for errors in ([0.05], [0.0, 0.0], [5.0, 0.02, 0.2]):
        path = tmp_path / 'curve.png'
        draw_curve(path, np.array(errors), (), 0.1)
        assert cv2.imread(str(path)).shape == (540, 840, 3)
        path.unlink()


def test_the_curve_is_the_staircase_of_the_errors(monkeypatch):
    drawn = []
    monkeypatch.setattr(Figure, 'savefig', lambda figure, path: drawn.append(figure))
    draw_curve('curve.png', np.array([0.09, 0.02, 0.3, 0.04]), (0.1, 0.08), 0.1)
    stairs, *failures = drawn[0].axes[0].lines
    assert stairs.get_drawstyle() == 'steps-post'
    assert np.allclose(stairs.get_xdata(), [0, 2, 4, 9, 30, 30])
    assert np.allclose(stairs.get_ydata(), [0, 25, 50, 75, 100, 100])
    assert [line.get_xdata()[0] for line in failures] == [10, 8]
    labels = [text.get_text() for text in drawn[0].axes[0].get_legend().get_texts()]
    assert labels[0] == 'AUC at 10 %: 0.3750'
    assert labels[1:] == [
        'failure at 10 %: 25.00 % of the faces',
        'failure at 8 %: 50.00 % of the faces',
    ]
