import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pfld_mm.datasets.face.image_split import select_part

NAMES = st.lists(st.integers(0, 40).map('{}.jpg'.format), min_size=2, max_size=60).filter(
    lambda names: len(set(names)) > 1
)


@settings(deadline=None)
@given(names=NAMES, fraction=st.floats(0.01, 0.99))
def test_parts_are_disjoint_complete_and_not_empty(names, fraction):
    train = select_part([], names, ('train', fraction))
    val = select_part([], names, ('val', fraction))
    assert sorted(train + val) == list(range(len(names)))
    assert train and val
    assert not {names[i] for i in train} & {names[i] for i in val}


@settings(deadline=None)
@given(names=NAMES, order=st.randoms())
def test_order_of_the_list_does_not_matter(names, order):
    shuffled = list(names)
    order.shuffle(shuffled)
    chosen = {names[i] for i in select_part([], names, ('val', 0.2))}
    assert chosen == {shuffled[i] for i in select_part([], shuffled, ('val', 0.2))}


def test_fraction_of_the_images():
    names = [f'{i}.jpg' for i in range(2000)]
    assert len(select_part([], names, ('val', 0.05))) == 100


@pytest.mark.parametrize('part', [('test', 0.1), ('val', 0), ('val', 1), ('train', 1.5)])
def test_bad_parts_are_named(part):
    with pytest.raises(ValueError, match='part must be'):
        select_part([], ['a', 'b'], part)


def test_one_image_cannot_be_split():
    with pytest.raises(ValueError, match='at least two images'):
        select_part([], ['a', 'a'], ('val', 0.5))


def test_names_that_are_no_unicode():
    names = ['a.jpg', 'b\udcff.jpg', 'c\ud800.jpg']
    assert sorted(
        select_part([], names, ('train', 0.3)) + select_part([], names, ('val', 0.3))
    ) == [
        0,
        1,
        2,
    ]
