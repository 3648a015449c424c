from __future__ import annotations

import numpy as np
import torch

from pfld_mm.deploy.evaluation import Answer
from pfld_mm.deploy.exporter import Exporter
from pfld_mm.deploy.proof import model_input, trained_output
from pfld_mm.runtime.backends.session import Session


class FaceExport(Exporter):
    """Exports a network that gives the points of a crop."""

    task = 'face'
    unit_name = 'px'

    def output_info(self) -> dict:
        """(N, K, 2), or (N, K, 4) of a head that gives standard deviations."""
        columns = 4 if self.network.head.gives_sigma else 2
        meaning = 'points x, y' + (', standard deviations sigma_x, sigma_y' if columns == 4 else '')
        shape = ['batch', int(self.network.head.num_joints), columns]
        return dict(
            name='output', shape=shape, meaning=f'{meaning}, divided by (w, h) of the input'
        )

    def unit(self) -> np.ndarray:
        """Pixels, of points and of their standard deviations."""
        columns = self.output_info()['shape'][-1]
        return np.tile(np.array(self.info.input_size, np.float64), columns // 2)

    def answers_of_pytorch(self) -> Answer:
        """The trained model's, without its flip test."""
        return lambda sample: self._answer(sample, trained_output(self.estimator, sample['inputs']))

    def answers_of(self, session: Session) -> Answer:
        """An exported form's, decoded by the head."""
        return lambda sample: self._answer(
            sample, session(model_input(self.network, sample['inputs']))
        )

    def _answer(self, sample: dict, output: np.ndarray) -> object:
        # mmpose's RegressionLabel wants an axis of instances: (N, 1, K, 2)
        predictions = self.estimator.head.decode(torch.from_numpy(output)[:, None])
        samples = [sample['data_samples']]
        return self.estimator.add_pred_to_datasample(predictions, None, samples)[0]
