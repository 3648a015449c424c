import pytest

from pfld_mm.core.image_size import MAX_PIXELS
from pfld_mm.runtime.arguments import STDOUT, parser


def parse(*arguments):
    return parser().parse_args(['photo.jpg', *arguments])


def test_defaults():
    options = parse()
    assert (options.source, options.out, options.json, options.csv) == ('photo.jpg',) + (None,) * 3
    assert (options.backend, options.threads, options.max_pixels) == ('onnxruntime', 1, MAX_PIXELS)
    assert not (options.pose or options.raw or options.show or options.self_test)


@pytest.mark.parametrize('form', ['json', 'csv'])
def test_a_report_goes_to_a_file_or_to_stdout(form):
    assert getattr(parse(f'--{form}'), form) == STDOUT
    assert getattr(parse(f'--{form}', 'points.txt'), form) == 'points.txt'
    assert getattr(parse(f'--{form}', '--pose'), form) == STDOUT


@pytest.mark.parametrize('text', ['0', '-5', '1.5', 'many'])
def test_pixels_are_a_positive_number(text, capsys):
    with pytest.raises(SystemExit):
        parse(f'--max-pixels={text}')
    assert f"expected a positive whole number, found '{text}'" in capsys.readouterr().err
    assert parse('--max-pixels', '12').max_pixels == 12


def test_the_shipped_models_are_named_in_the_help():
    text = ' '.join(parser().format_help().split())
    assert 'pfld_ghostone_98' in text and 'litehrnet18_fast_slider' in text
