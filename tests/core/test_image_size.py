import pytest

from pfld_mm.core.image_size import check_size


def test_the_limit_itself_is_allowed():
    check_size(60, 40, 'photo', 2400)
    with pytest.raises(ValueError, match=r'photo: the image has 60 x 40 pixels.*limit of 2,399'):
        check_size(60, 40, 'photo', 2399)
