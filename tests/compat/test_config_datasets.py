from pfld_mm.compat.config_datasets import config_datasets


def test_wrapped_and_combined_datasets_are_all_there():
    one, two, three = dict(type='A'), dict(type='B'), dict(type='C')
    wrapper = dict(type='Repeat', dataset=dict(type='Concat', datasets=[one, two]))
    both = dict(type='Mix', datasets=[wrapper, three])
    assert [dataset['type'] for dataset in config_datasets(both)] == [
        'Mix', 'Repeat', 'Concat', 'A', 'B', 'C',
    ]  # fmt: skip
    assert list(config_datasets(None)) == []
