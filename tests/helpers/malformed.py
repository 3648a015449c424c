"""Malformed inputs: valid files with something done to them, and command lines of odd words."""

import shutil
from pathlib import Path

import cv2
import numpy as np
from helpers import label_files

from pfld_mm.runtime.model_folder import SHIPPED

HOSTILE = [
    b'nan',
    b'inf',
    b'-1',
    b'0',
    b'1e300',
    b'99999999999999999999',
    b'',
    b'\x00',
    b'\xff\xfe',
] + [b'../../etc', b'"', b'{', b'[', b'<a>', b'\r', b',', b' ', b'null', b'true', b'1_0', b'0x1F']
ENCODINGS = ('utf-16', 'utf-16-be', 'utf-32', 'utf-8-sig', 'cp037')


def mutate(data, rng):
    """Bytes with one to three things done to them."""
    for _ in range(rng.integers(1, 4)):
        kind = rng.integers(7)
        start, end = sorted(rng.integers(0, len(data) + 1, 2))
        if kind == 0:
            data = data[:end]
        elif kind == 1:
            data = data[:start] + data[end:]
        elif kind == 2:
            data = data[:end] + data[start : start + 2000] + data[end:]
        elif kind == 3:
            data = data[:start] + rng.bytes(rng.integers(1, 40)) + data[start:]
        elif kind == 4 and data:
            flipped = np.frombuffer(data, np.uint8).copy()
            at = rng.integers(0, len(data), 3)
            flipped[at] ^= np.uint8(1) << rng.integers(0, 8, 3).astype(np.uint8)
            data = flipped.tobytes()
        elif kind == 5:
            words = data.replace(b',', b' ').split(b' ')
            word = words[rng.integers(len(words))][:40]
            at = data.find(word, start) if word else start
            at = max(at, 0)
            data = data[:at] + HOSTILE[rng.integers(len(HOSTILE))] + data[at + len(word) :]
        else:
            text = data.decode('latin-1')
            data = text.encode(ENCODINGS[rng.integers(len(ENCODINGS))])
    return data


def label_sources(folder):
    """Valid labels of all kinds: reader's name, file."""
    rng = np.random.default_rng(0)
    found = []
    for kind in ('coco', 'label_studio', 'labelme', 'yolo_pose', 'dlib', 'pts', 'csv'):
        plates = label_files.draw_plates(folder / kind, count=3)
        path = Path(getattr(label_files, f'write_{kind}')(plates))
        if path.is_dir():  # a file for each image
            path = sorted(p for p in path.rglob('*') if p.suffix in ('.json', '.pts'))[0]
        found.append(('labels', path))
    numbers = ' '.join(f'{x:.2f}' for x in rng.uniform(20, 90, 196))
    lines = {
        'wflw': f'{numbers} 10 10 100 100 0 0 1 0 0 0 a/b.jpg\n',
        'pseudo': f'{numbers} 0.01 0.02 a/b.jpg\n',
        'finder': 'a.jpg 1 2 30 40 0.9 5 0 0 ' + ' '.join(['9'] * 10) + '\n',
        'slider': 'image,gap_x,gap_y,piece_x,piece_y,angle_deg,decoys\n'
        + 'a.png,100,50,20,50,1.5,30 40;50 60\n',
        'pts_file': 'version: 1\nn_points: 2\n{\n1 2\n3 4\n}\n',
    }
    for kind, text in lines.items():
        path = folder / f'{kind}.txt'
        path.write_text(text * (1 if kind in ('slider', 'pts_file') else 3), encoding='utf-8')
        found.append((kind, path))
    return found


def image_sources(folder):
    """A small image in many formats."""
    image = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for ending in ('png', 'jpg', 'bmp', 'tiff', 'webp', 'ppm'):
        assert cv2.imwrite(str(folder / f'image.{ending}'), image)
    return sorted(folder.glob('image.*'))


def copied_model(folder):
    """A shipped model's folder, to be changed."""
    return Path(shutil.copytree(SHIPPED / 'pfld_ghostnet_slim_half_98', folder))


def command_line(rng, files):
    """Odd words for ``python -m pfld_mm.runtime``."""
    words = [str(path) for path in files] + ['', '0x', 'no/such', '-', '--', '\udcff', 'a\nb', '.']
    numbers = ['-1', '0', 'nan', '1e9', '99999999999999999999', 'x', '3']
    options = ['--pose', '--raw', '--json', '--csv', '--self-test', '--bogus', '--version']
    line = [words[rng.integers(len(words))]]
    for _ in range(rng.integers(0, 4)):
        option = rng.integers(5)
        if option == 0:
            line.append(options[rng.integers(len(options))])
        elif option == 1:
            name = ['--threads', '--min-face', '--max-pixels'][rng.integers(3)]
            line += [name, numbers[rng.integers(len(numbers))]]
        elif option == 2:
            name = ['--model', '--finder', '--yunet', '--backend'][rng.integers(4)]
            line += [name, words[rng.integers(len(words))]]
        elif option == 3:
            line += ['--out', words[rng.integers(len(words))]]
        else:
            line.append(words[rng.integers(len(words))])
    return line
