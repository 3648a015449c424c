import pytest
from torch import distributed as dist


@pytest.fixture
def one_process(tmp_path):
    """A group of gloo with this process alone."""
    dist.init_process_group('gloo', init_method=f'file://{tmp_path}/one', rank=0, world_size=1)
    yield dist.group.WORLD
    dist.destroy_process_group()
