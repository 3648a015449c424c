"""Bring the weights of the public PFLD_GhostOne repository, a checkpoint or a deployed ONNX file.

``python tools/convert_checkpoint.py CONFIG SOURCE TARGET``: CONFIG names the model it is for. The
training form of a network is made from an ONNX file, too: its blocks are unfolded.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from _common import quiet_openmp, tool_config

quiet_openmp()

import torch
from mmengine.config import Config

from pfld_mm.engine.config_options import ConfigOptions


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Convert public PFLD_GhostOne weights')
    parser.add_argument('config', help='config of the model, e.g. configs/pfld_ghostone_wflw.py')
    parser.add_argument('source', help='their checkpoint (.pth) or deployed network (.onnx)')
    parser.add_argument('target', help='our checkpoint, to be written')
    parser.add_argument(
        '--rgb',
        action='store_true',
        help='it was trained on RGB images (the public training code uses BGR)',
    )
    parser.add_argument(
        '--images',
        metavar='FOLDER',
        help='ONNX: folder of face crops to measure running statistics on; noise without it',
    )
    parser.add_argument(
        '--fold-input',
        action='store_true',
        help='ONNX: it takes (x / 255 - 0.5) / 0.5, the config x / 255 (exact but at the border)',
    )
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions, default={})
    return parser.parse_args()


def load_public(path: str) -> Mapping[str, torch.Tensor]:
    """Their state dict, bare or wrapped, read without running code of the file."""
    try:
        checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except FileNotFoundError:
        sys.exit(f'{path} does not exist')
    except Exception as error:
        sys.exit(
            f'{path} cannot be read as plain tensors ({str(error).splitlines()[0]}). If it is a '
            'pickled model, save model.state_dict() in the environment it came from.'
        )
    for key in ('state_dict', 'pfld_backbone', 'model'):
        if isinstance(checkpoint, Mapping) and key in checkpoint:
            checkpoint = checkpoint[key]
    if not isinstance(checkpoint, Mapping):
        sys.exit(f'{path} holds a {type(checkpoint).__name__}, expected a state dict')
    return checkpoint


def from_checkpoint(args: argparse.Namespace, cfg: Config) -> dict[str, torch.Tensor]:
    """Their parameters under our names; every tensor finds its place."""
    from mmpose.registry import MODELS

    from pfld_mm.checkpoints.convert import from_public

    state_dict = from_public(load_public(args.source), bgr=not args.rgb)
    MODELS.build(cfg.model).load_state_dict(state_dict, strict=True)
    return state_dict


def from_deployed(args: argparse.Namespace, cfg: Config) -> dict[str, torch.Tensor]:
    """A network with the function of an ONNX file."""
    from mmpose.registry import MODELS

    from pfld_mm.checkpoints.from_onnx import fill_from_onnx, read_layers
    from pfld_mm.deploy.proof_images import ImageCropper, folder_crops

    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.init_weights()
    width, height = cfg.codec.input_size
    crops = [torch.randint(0, 256, (3, height, width), dtype=torch.uint8) for _ in range(64)]
    if args.images:
        crops = list(folder_crops(ImageCropper(cfg), args.images, 256))
    batch = dict(inputs=crops, data_samples=[])
    images = model.data_preprocessor(batch, False)['inputs']
    layers = read_layers(args.source)
    fill_from_onnx(model, layers, images, bgr=not args.rgb, fold_input=args.fold_input)
    return model.state_dict()


def main() -> None:
    """Convert, and prove that every tensor found its place."""
    args = parse_args()
    from pfld_mm.compat import CheckpointError, save_checkpoint

    cfg = tool_config(args.config, args.cfg_options)
    is_onnx = Path(args.source).suffix == '.onnx'
    try:
        state_dict = (from_deployed if is_onnx else from_checkpoint)(args, cfg)
    except FileNotFoundError as error:
        sys.exit(str(error))
    except (ValueError, RuntimeError) as error:
        sys.exit(
            f'{args.source} does not fit {args.config}:\n{error}\nFor a deployed (re-parameterised)'
            ' checkpoint add --cfg-options model.backbone.inference_mode=True'
        )
    checkpoint = dict(state_dict=state_dict, meta=dict(converted_from=args.source))
    try:
        save_checkpoint(checkpoint, args.target)
    except CheckpointError as error:
        sys.exit(f'target: {error}')
    print(f'{args.target}: {len(state_dict)} tensors; measure it with tools/test.py')


if __name__ == '__main__':
    main()
