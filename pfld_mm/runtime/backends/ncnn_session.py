from __future__ import annotations

from pathlib import Path

import numpy as np


class NcnnSession:
    """A model in ncnn, on the CPU; one image a call.

    Args:
        param: The ``.param`` file.
        weights: The ``.bin`` file.
        threads: Of one call; 0 leaves the number to ncnn.
        half: Whether ncnn may compute in fp16, its default: quicker on ARM; without, fp32.

    Raises:
        ImportError: if ncnn is not installed.
        ValueError: if a file is damaged.
    """

    batch: int | None = 1

    def __init__(self, param: Path, weights: Path, threads: int = 1, half: bool = False) -> None:
        try:
            import ncnn
        except ImportError as error:
            raise ImportError('ncnn is not installed: pip install ncnn') from error
        self.source = str(param)
        self._ncnn = ncnn
        self._net = ncnn.Net()
        self._net.opt.use_vulkan_compute = False
        for option in ('use_fp16_packed', 'use_fp16_storage', 'use_fp16_arithmetic'):
            setattr(self._net.opt, option, half)
        if threads:
            self._net.opt.num_threads = threads
        for file, load in ((param, self._net.load_param), (weights, self._net.load_model)):
            if load(str(file)) != 0:
                raise ValueError(f'{file}: ncnn cannot load it; copy it or export it again')
        names = self._net.input_names(), self._net.output_names()
        if [len(part) for part in names] != [1, 1]:
            raise ValueError(
                f'{param}: expected one input and one output, found {names[0]} and {names[1]}; '
                'export the model again'
            )
        self._input, self._output = names[0][0], names[1][0]

    def __call__(self, tensor: np.ndarray) -> np.ndarray:
        """Run the model on (1, C, H, W) float32."""
        extractor = self._net.create_extractor()
        extractor.input(self._input, self._ncnn.Mat(tensor[0]).clone())
        code, output = extractor.extract(self._output)
        if code != 0:
            raise RuntimeError(
                f'{self.source}: ncnn ended with code {code} on an input of {tensor.shape}; the '
                'model and its metadata do not belong together'
            )
        return np.array(output)[None]
