"""Drawn number plates, and their corners in the files of labelling tools."""

import base64
import csv
import json
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np

NAMES = ('top_left', 'top_right', 'bottom_right', 'bottom_left', 'screw')
PAIRS = ((0, 1), (2, 3))
WIDTH, HEIGHT = 240, 180


@dataclass(frozen=True)
class Plates:
    """``images/plate_N.png`` below folder, (N, 5, 2) points and (N, 5) flags; 0 is not marked."""

    folder: Path
    points: np.ndarray
    flags: np.ndarray

    def __iter__(self):
        """Name, points and flags of each."""
        for i, (points, flags) in enumerate(zip(self.points, self.flags, strict=True)):
            yield f'plate_{i}.png', points, flags

    def boxes(self):
        """(N, 4) around all points."""
        return np.concatenate([self.points.min(1) - 6, self.points.max(1) + 6], 1)


def draw_plates(folder, count=12, seed=0):
    """Draw them; the first has a point that is not marked, the second a hidden one."""
    rng = np.random.default_rng(seed)
    (folder / 'images').mkdir(parents=True)
    all_points = []
    for i in range(count):
        angle, size = rng.uniform(-0.4, 0.4), rng.uniform(40, 60)
        local = np.array([[-1, -0.5], [1, -0.5], [1, 0.5], [-1, 0.5], [0, -0.3]]) * size
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = (local @ turn.T + rng.uniform([90, 80], [150, 100])).round(2)
        image = np.uint8(rng.integers(60, 120, (HEIGHT, WIDTH, 3)))
        cv2.fillPoly(image, [np.int32(points[:4])], (220, 220, 235))
        cv2.circle(image, np.int32(points[4]).tolist(), 4, (30, 30, 160), -1)
        cv2.imwrite(str(folder / 'images' / f'plate_{i}.png'), image)
        all_points.append(points)
    flags = np.full((count, 5), 2)
    flags[0, 4], flags[1, 2] = 0, 1
    return Plates(folder, np.array(all_points), flags)


def write_coco(plates):
    rows = list(plates)
    annotations = [
        dict(
            id=i + 1,
            image_id=i,
            category_id=7,
            iscrowd=0,
            bbox=[*box[:2].tolist(), *(box[2:] - box[:2]).tolist()],
            keypoints=np.column_stack([p * (f > 0)[:, None], f]).ravel().tolist(),
            num_keypoints=int((f > 0).sum()),
        )
        for i, ((_, p, f), box) in enumerate(zip(rows, plates.boxes(), strict=True))
    ]
    category = dict(id=7, name='plate', keypoints=list(NAMES), skeleton=[[1, 2], [2, 3]])
    images = [dict(id=i, file_name=row[0], width=WIDTH) for i, row in enumerate(rows)]
    return _json(plates, dict(images=images, annotations=annotations, categories=[category]))


def write_label_studio(plates):
    size = dict(original_width=WIDTH, original_height=HEIGHT)
    tasks = []
    for i, (name, points, flags) in enumerate(plates):
        results = [
            dict(
                type='keypointlabels',
                value=dict(x=x / WIDTH * 100, y=y / HEIGHT * 100, width=1, keypointlabels=[label]),
                **size,
            )
            for label, (x, y), flag in zip(NAMES, points.tolist(), flags, strict=True)
            if flag
        ]
        link = f'/data/upload/1/0123abcd-{name}' if i % 2 else f'/data/local-files/?d=x/{name}'
        annotations = [dict(was_cancelled=True, result=[]), dict(result=results)]
        tasks.append(dict(id=i + 1, data=dict(image=link), annotations=annotations))
    return _json(plates, tasks)


def write_labelme(plates):
    for name, points, flags in plates:
        shapes = [
            dict(
                label=label,
                points=[point],
                group_id=None,
                shape_type='point',
                flags=dict(occluded=True) if flag == 1 else {},
            )
            for label, point, flag in zip(NAMES, points.tolist(), flags, strict=True)
            if flag
        ]
        content = dict(version='5.5.0', shapes=shapes, imagePath=f'..\\images\\{name}')
        content['imageData'] = base64.b64encode(b'image').decode()
        (plates.folder / name).with_suffix('.json').write_text(json.dumps(content))
    return plates.folder


def write_yolo_pose(plates):
    (plates.folder / 'labels').mkdir()
    size = np.array([WIDTH, HEIGHT])
    for (name, points, flags), box in zip(plates, plates.boxes(), strict=True):
        center, extent = (box[:2] + box[2:]) / 2 / size, (box[2:] - box[:2]) / size
        rows = np.column_stack([points / size * (flags > 0)[:, None], flags]).ravel()
        text = ' '.join(map(str, [0, *center, *extent, *rows]))
        (plates.folder / 'labels' / name).with_suffix('.txt').write_text(text + '\n')
    text = 'path: .\ntrain: images\nval: images\nnames: {0: plate}\nkpt_shape: [5, 3]\n'
    text += f'flip_idx: [1, 0, 3, 2, 4]\nkpt_names:\n  0: [{", ".join(NAMES)}]\n'
    return _write(plates.folder / 'plates.yaml', text)


def write_dlib(plates):
    rows = ["<?xml version='1.0' encoding='ISO-8859-1'?>", '<dataset><images>']
    for (name, points, flags), box in zip(plates, plates.boxes(), strict=True):
        left, top, right, bottom = np.int32(box)
        rows.append(f'<image file={quoteattr("images/" + name)}>')
        sides = f"top='{top}' left='{left}' width='{right - left}' height='{bottom - top}'"
        rows.append(f'<box {sides}>')
        rows += [
            f"<part name='{label}' x='{x}' y='{y}'/>"
            for label, (x, y), flag in zip(NAMES, points, flags, strict=True)
            if flag
        ]
        rows.append('</box></image>')
    return _write(plates.folder / 'plates.xml', '\n'.join([*rows, '</images></dataset>']))


def write_pts(plates):
    for name, points, flags in plates:
        rows = [
            f'{x} {y} {v}' if v else f'-1 -1 {v}' for (x, y), v in zip(points, flags, strict=True)
        ]
        path = (plates.folder / 'images' / name).with_suffix('.pts')
        path.write_text('\n'.join(['version: 1', 'n_points 5 {', *rows, '}']))
    return plates.folder


def write_csv(plates):
    path = plates.folder / 'plates.csv'
    with path.open('w', newline='', encoding='utf-16') as file:
        rows = csv.writer(file)
        rows.writerow(['image_name', *(f'{name}_{axis}' for name in NAMES for axis in 'xyv')])
        for name, points, flags in plates:
            cells = [
                cell
                for (x, y), v in zip(points, flags, strict=True)
                for cell in ((x, y, v) if v else ('', '', v))
            ]
            rows.writerow([name, *cells])
    return path


WRITERS = dict(
    coco=write_coco,
    label_studio=write_label_studio,
    labelme=write_labelme,
    yolo=write_yolo_pose,
    dlib=write_dlib,
    pts=write_pts,
    csv=write_csv,
)


def _json(plates, content):
    return _write(plates.folder / 'labels.json', json.dumps(content, default=float))


def _write(path, text):
    path.write_text(text)
    return path
