"""Bring a checkpoint of the public PFLD_GhostOne repository.

``python tools/convert_checkpoint.py CONFIG SOURCE TARGET``: CONFIG names the model it is for.
"""

import argparse
from collections.abc import Mapping

from _common import quiet_openmp

quiet_openmp()

import torch  # noqa: E402
from mmengine.config import DictAction  # noqa: E402


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Convert a public PFLD_GhostOne checkpoint')
    parser.add_argument('config', help='config of the model, e.g. configs/pfld_ghostone_wflw.py')
    parser.add_argument('source', help='their checkpoint')
    parser.add_argument('target', help='our checkpoint, to be written')
    parser.add_argument(
        '--rgb',
        action='store_true',
        help='it was trained on RGB pictures (the public training code uses BGR)',
    )
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={})
    return parser.parse_args()


def load_public(path: str) -> Mapping[str, torch.Tensor]:
    """Their state dict, bare or wrapped, read without running code of the file."""
    try:
        checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except Exception as error:
        raise SystemExit(
            f'{path} cannot be read as plain tensors ({str(error).splitlines()[0]}). If it is a '
            'pickled model, save model.state_dict() in the environment it came from.'
        ) from error
    for key in ('state_dict', 'pfld_backbone', 'model'):
        if isinstance(checkpoint, Mapping) and key in checkpoint:
            checkpoint = checkpoint[key]
    if not isinstance(checkpoint, Mapping):
        raise SystemExit(f'{path} holds a {type(checkpoint).__name__}, expected a state dict')
    return checkpoint


def main() -> None:
    """Convert, and prove that every tensor found its place."""
    args = parse_args()
    from pfld_mm.engine.config import load_config

    cfg = load_config(args.config, args.cfg_options)

    from mmpose.registry import MODELS

    from pfld_mm.checkpoints.convert import from_public

    try:
        state_dict = from_public(load_public(args.source), bgr=not args.rgb)
        MODELS.build(cfg.model).load_state_dict(state_dict, strict=True)
    except (ValueError, RuntimeError) as error:
        raise SystemExit(
            f'{args.source} does not fit {args.config}:\n{error}\nFor a deployed (re-parameterised)'
            ' checkpoint add --cfg-options model.backbone.inference_mode=True'
        ) from error
    torch.save(dict(state_dict=state_dict, meta=dict(converted_from=args.source)), args.target)
    print(f'{args.target}: {len(state_dict)} tensors; measure it with tools/test.py')


if __name__ == '__main__':
    main()
