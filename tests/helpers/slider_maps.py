"""Outputs of a proposal network and answers of a verifier, made by hand, for the tests."""

import numpy as np

HEIGHT, WIDTH = 64, 128
"""Of the maps, in cells of 4 px."""
SQUARE = 160


def maps(gaps=(), pieces=()):
    """An output with peaks (column, row, score); offsets of a quarter of a cell to the right."""
    output = np.zeros((8, HEIGHT, WIDTH), np.float32)
    for index, peaks in enumerate((gaps, pieces)):
        for column, row, score in peaks:
            output[index, row, column] = score
    output[[2, 4]] = 0.25
    output[7] = 1
    return output


def two_gaps():
    return maps(gaps=[(90, 20, 0.9), (60, 20, 0.85)], pieces=[(15, 20, 0.8)])


def noise_image():
    """The network's input, RGB and a mask that is all valid."""
    colors = np.random.default_rng(0).integers(0, 256, (4 * HEIGHT, 4 * WIDTH, 3), np.uint8)
    return with_mask(colors)


def with_mask(colors):
    return np.dstack([colors, np.full(colors.shape[:2], 255, np.uint8)])


def rows(*matches, angle=0.1):
    """Boxes around the squares' middles: the piece's 2 px right of it, the gap's 4 px below."""
    middle = SQUARE / 2
    piece = [middle - 10 + 2, middle - 8, middle + 10 + 2, middle + 8]
    gap = [middle - 10, middle - 8 + 4, middle + 10, middle + 8 + 4]
    return np.array([[*piece, *gap, match, angle] for match in matches], np.float32)


def says(match, **kwargs):
    """A verifier that answers the same to any squares."""
    return lambda squares: rows(*[match] * len(squares), **kwargs)


def sees(squares):
    """A verifier that finds what is bright; an angle of 0.1 where that is red in the top left.

    Red in the bottom right is the same angle, red in the other corners its mirror image.
    """
    found = []
    for square in squares:
        boxes = []
        for part in (square[:3], square[3:]):
            lines, columns = np.nonzero(part[2] > 0.5)
            boxes += [columns.min(), lines.min(), columns.max() + 1, lines.max() + 1]
        left, top, right, bottom = boxes[4:]
        red_lines, red_columns = np.nonzero(square[3] > 0.5)
        is_left = red_columns.mean() < (left + right) / 2
        is_top = red_lines.mean() < (top + bottom) / 2
        found.append([*boxes, 5.0, 0.1 if is_left == is_top else -0.1])
    return np.array(found, np.float32)
