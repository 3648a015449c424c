import pytest
from mmengine.config import Config

from pfld_mm.deploy import make_exporter as module
from pfld_mm.deploy.face_export import FaceExport
from pfld_mm.deploy.finder_export import FinderExport
from pfld_mm.deploy.make_exporter import EXPORTERS, make_exporter
from pfld_mm.deploy.slider_export import SliderExport


def test_every_task_has_its_exporter():
    assert EXPORTERS == dict(
        RegressionLabel=FaceExport,
        CenterOffsetAngleLabel=SliderExport,
        FaceMapLabel=FinderExport,
    )


@pytest.mark.parametrize(
    'codec',
    [dict(type='RegressionLabel'), [dict(type='FaceMapLabel'), dict(type='RegressionLabel')]],
    ids=['one', 'several'],
)
def test_the_codec_decides(monkeypatch, codec):
    monkeypatch.setitem(module.EXPORTERS, 'RegressionLabel', lambda *arguments: arguments)
    deploy, cfg = Config(), Config(dict(codec=codec))
    assert make_exporter(deploy, cfg, 'a.pth', 'out', 'name') == (
        deploy,
        cfg,
        'a.pth',
        'out',
        'name',
    )


def test_a_codec_without_exporter_is_named():
    with pytest.raises(
        ValueError, match=r"codec\.type: expected one of \['CenterOffset.*found 'SimCCLabel'"
    ):
        make_exporter(Config(), Config(dict(codec=dict(type='SimCCLabel'))), 'a', 'b', 'c')
