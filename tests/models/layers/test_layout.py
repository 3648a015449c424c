import torch

from pfld_mm.models.layers.layout import fastest_layout


def test_values_stay_and_the_layout_becomes_channels_last():
    x = torch.randn(2, 3, 4, 5)
    out = fastest_layout(x)
    assert torch.equal(out, x)
    assert out.is_contiguous(memory_format=torch.channels_last)
    assert fastest_layout(out).data_ptr() == out.data_ptr()


def test_other_devices_keep_theirs():
    x = torch.randn(2, 3, 4, 5, device='meta')
    assert fastest_layout(x) is x


def test_a_traced_graph_has_no_change_of_layout():
    with torch.no_grad():
        traced = torch.jit.trace(lambda x: fastest_layout(x) * 2, torch.ones(1, 3, 4, 5))
    assert [node.kind() for node in traced.graph.nodes() if 'contiguous' in node.kind()] == []
    assert 'aten::mul' in [node.kind() for node in traced.graph.nodes()]
