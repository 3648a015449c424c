import json

from pfld_mm.runtime.slider_result import SliderResult


def test_a_result_is_plain_data():
    result = SliderResult((220.0, 80.0), (40.0, 80.0), 180.0, 0.1, (0.9, 0.8), 7.0)
    assert result.found
    assert json.loads(json.dumps(result.to_dict())) == dict(
        found=True, gap=[220, 80], piece=[40, 80], distance=180, angle=0.1, scores=[0.9, 0.8],
        match_logit=7,
    )  # fmt: skip


def test_json_has_the_numbers_of_the_faces():
    result = SliderResult((220.127, 80.3), (40.004, 80), 180.123, 0.123456, (0.98766, 1.0), 7.12341)
    assert result.to_dict() == dict(
        found=True, gap=[220.13, 80.3], piece=[40.0, 80.0], distance=180.12, angle=0.1235,
        scores=[0.9877, 1.0], match_logit=7.1234,
    )  # fmt: skip


def test_without_an_answer_there_is_none():
    result = SliderResult(None, None, None, None, (0.1, 0.2))
    assert not result.found and result.to_dict()['gap'] is None
