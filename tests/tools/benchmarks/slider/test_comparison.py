import math

import numpy as np
import pytest
from benchmarks.slider.comparison import (
    Method,
    answer_all,
    summarise,
    time_all,
)
from benchmarks.slider.image_set import ImageSet, SliderImage

BLANK = np.zeros((20, 40, 3), np.uint8)


def images(count=4, piece=(0, 0, 5, 5), decoys=()):
    return ImageSet('some', count, lambda i: SliderImage(BLANK, (20.0 + i, 9), piece, decoys))


def test_figures_of_known_errors():
    errors = iter([(3, 4), (0, -1), None, (0, 0)])
    seen = []

    def locate(image, box):
        seen.append(box)
        error = next(errors)
        return error and (20.0 + len(seen) - 1 + error[0], 9 + error[1])

    answers = answer_all(images(), [Method('m', locate)])['m']
    figures = summarise(answers)
    assert seen == [(0, 0, 5, 5)] * 4
    hits = [figures[f'hit@{t}'] for t in (1, 2, 3, 5, 7)]
    assert hits == [0.5, 0.5, 0.5, 0.75, 0.75], 'Euclidean; the bound counts'
    assert [figures[f'x_hit@{t}'] for t in (2, 3)] == [0.5, 0.75]
    assert figures['p95'] is None, 'the worst of four has no answer'
    assert figures['bias_x'] == 1.5 and figures['bias_y'] == 2
    assert figures['no_answer'] == 0.25 and figures['on_decoy'] is None
    assert figures['images'] == 4


def test_p95_is_an_error_that_happened():
    errors = iter([*range(1, 40), 100])
    method = Method('m', lambda *_: (20.0, 9.0 + next(errors)))
    same = ImageSet('same', 40, images().get)
    still = ImageSet('still', 40, lambda _: same.get(0))
    assert summarise(answer_all(still, [method])['m'])['p95'] == 39


def test_an_unknown_y_does_not_count():
    answers = answer_all(images(1), [Method('m', lambda *_: (22.0, math.nan))])['m']
    assert answers[0].error == (2, 0) and answers[0].distance == 2


@pytest.mark.parametrize(
    ('answer', 'on_decoy'),
    [((100, 9), True), ((115, 9), True), ((121, 9), False), ((59, 9), False), (None, False)],
)
def test_an_answer_on_a_decoy(answer, on_decoy):
    answers = answer_all(images(1, decoys=((100, 9),)), [Method('m', lambda *_: answer)])
    assert answers['m'][0].on_decoy is on_decoy
    assert summarise(answers['m'])['on_decoy'] == on_decoy


@pytest.mark.parametrize(
    ('answer', 'on_piece'), [((2, 3), True), ((6, 3), False), ((2, 6), False), (None, False)]
)
def test_an_answer_on_the_piece(answer, on_piece):
    method = Method('m', lambda *_: answer)
    answers = answer_all(images(1), [method])['m']
    assert answers[0].on_piece is on_piece
    assert summarise(answers)['on_piece'] == on_piece
    assert answer_all(images(1, piece=None), [method])['m'][0].on_piece is None


def test_an_answer_between_a_decoy_and_the_gap_belongs_to_the_nearer():
    close = images(1, decoys=((50, 9),))
    for x, on_decoy in ((33, False), (37, True)):
        answers = answer_all(close, [Method('m', lambda *_, x=x: (x, 9))])
        assert answers['m'][0].on_decoy is on_decoy


def test_a_method_that_needs_a_box_is_left_out_where_there_is_none():
    methods = [Method('box', lambda *_: (20, 9), needs_box=True), Method('any', lambda *_: (20, 9))]
    unboxed = images(3, piece=None)
    answers = answer_all(unboxed, methods)
    assert answers['box'] == [] and len(answers['any']) == 3
    assert summarise([]) == {}
    assert list(time_all(unboxed, methods, 2)) == ['any']


def test_every_method_is_timed_on_the_same_images_warm():
    calls = {'a': [], 'b': []}

    def method(name):
        return Method(name, lambda image, _: calls[name].append(image[0, 0, 0]) or (20, 9))

    numbered = ImageSet(
        'n', 5, lambda i: SliderImage(np.full((2, 2, 3), i, np.uint8), (1, 1), None)
    )
    times = time_all(numbered, [method('a'), method('b')], 3)
    assert calls == {'a': [0, 0, 1, 1, 2, 2], 'b': [0, 0, 1, 1, 2, 2]}
    assert set(times) == {'a', 'b'} and all(t['median_ms'] > 0 for t in times.values())
    assert len(calls['a']) == 6
    time_all(numbered, [method('a')], 99)
    assert len(calls['a']) == 16, 'no more than there are'
