"""Static int8 quantisation for onnxruntime: uint8 activations, int8 weights per channel (QDQ)."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

from pfld_mm.deploy.graph.space_to_depth_stem import space_to_depth_stem

if TYPE_CHECKING:
    from onnxruntime.quantization.calibrate import TensorsData

QUANTISED = ('Conv', 'Concat', 'GlobalAveragePool', 'Relu', 'Add')

PIXELS_AT_ONCE = 256 * 112**2
"""Of images whose maps are kept in memory together: 256 faces, or 24 puzzles of 512x256."""

PERCENTILE = 99.995
"""Of the values that a range holds; the rest saturates."""


def quantise(
    model: onnx.ModelProto,
    images: Iterable[np.ndarray],
    float_pool: int = 0,
    reduce_range: bool = True,
) -> onnx.ModelProto:
    """An int8 form of an exported model.

    Weights have 7 bits. Without VNNI (AVX2 machines) the products of uint8 and int8 are added in
    pairs to int16, which saturates with 8 bits: 2 x 255 x 127 > 32767 (Intel's vpmaddubsw). With 7
    bits, 2 x 255 x 64 = 32640 fits, so that every machine gives the same.

    What was found to matter on a CPU with VNNI: uint8 activations with int8 weights (other pairs
    run 5 to 20 times slower), channels in whole blocks of 16, the stem on 2x2 blocks, and one
    range for all parts of a concatenation, which makes it a copy instead of a table look-up. And
    for the points: ranges that leave out the outermost 0.005 % of the values at either end, the
    last layer in float, and its bias corrected by the mean error over the calibration images.

    Args:
        model: The float model, its channels aligned, with input ``input``.
        images: The calibration data, each (1, C, h, w) float32 as the model takes it.
        float_pool: Maps of at most this many pixels are averaged in float, so that their part of
            the pooled vector has no rounding of its own.
        reduce_range: 7-bit weights; False is right for machines with VNNI alone.

    Returns:
        The model with QuantizeLinear and DequantizeLinear nodes.

    Raises:
        ValueError: If there are no calibration images.
    """
    images = list(images)
    if not images:
        raise ValueError('int8 needs calibration images, found none: give --calib FOLDER')
    model = onnx.shape_inference.infer_shapes(space_to_depth_stem(model))
    ranges = _calibrate(model, images)
    kept = _float_nodes(model.graph, float_pool)
    nodes = [n for n in model.graph.node if n.op_type in QUANTISED and n.name not in kept]
    _share_ranges(nodes, ranges)
    quantised = _insert_quantisers(model, ranges, kept, reduce_range)
    _correct_bias(model, quantised, images)
    onnx.checker.check_model(quantised)
    return quantised


def _insert_quantisers(
    model: onnx.ModelProto, ranges: TensorsData, kept: set[str], reduce_range: bool
) -> onnx.ModelProto:
    """The model with its int8 weights and its QuantizeLinear and DequantizeLinear nodes."""
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)  # a hint for each model to run a pre-process already done
    try:
        quantizer = QDQQuantizer(
            model,
            per_channel=True,
            reduce_range=reduce_range,
            weight_qType=QuantType.QInt8,
            activation_qType=QuantType.QUInt8,
            tensors_range=ranges,
            nodes_to_quantize=[],
            nodes_to_exclude=sorted(kept),
            op_types_to_quantize=list(QUANTISED),
            extra_options={'WeightSymmetric': True},
        )
        quantizer.quantize_model()
    finally:
        logging.disable(disabled)
    quantizer.model.topological_sort()
    return quantizer.model.model


def _calibrate(model: onnx.ModelProto, images: list[np.ndarray]) -> TensorsData:
    """The range of every tensor over the calibration images."""
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        create_calibrator,
    )

    class Reader(CalibrationDataReader):
        def __init__(self, images: list[np.ndarray]) -> None:
            self.feeds = ({'input': image} for image in images)

        def get_next(self) -> dict | None:
            return next(self.feeds, None)

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        source = Path(folder, 'model.onnx')
        onnx.save(model, source)
        calibrator = create_calibrator(
            source,
            list(QUANTISED),
            augmented_model_path=str(Path(folder, 'augmented.onnx')),
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={'percentile': PERCENTILE},
        )
        # a calibrator keeps every map of all that it is given at once
        step = max(1, PIXELS_AT_ONCE // images[0][0, 0].size)
        for start in range(0, len(images), step):
            calibrator.collect_data(Reader(images[start : start + step]))
        return calibrator.compute_data()


def _correct_bias(
    model: onnx.ModelProto, quantised: onnx.ModelProto, images: list[np.ndarray]
) -> None:
    """Add the points' mean error over the images to the bias of their layer, in place."""
    last = next(iter(_last_layers(quantised.graph)), None)
    if last is None or len(last.input) < 3:
        return
    forms = [_answers(form, images) for form in (model, quantised)]
    error = (forms[0] - forms[1]).mean(axis=0)[..., :2].ravel()
    for weight in quantised.graph.initializer:
        if weight.name == last.input[2]:
            bias = numpy_helper.to_array(weight)
            weight.CopyFrom(numpy_helper.from_array(bias + error.astype(bias.dtype), weight.name))


def _answers(model: onnx.ModelProto, images: list[np.ndarray]) -> np.ndarray:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=['CPUExecutionProvider']
    )
    return np.concatenate([session.run(None, {'input': x})[0] for x in images])


def _share_ranges(nodes: list[onnx.NodeProto], ranges: TensorsData) -> None:
    """Give the parts of each concatenation and its result one range."""
    from onnxruntime.quantization.calibrate import TensorData

    for node in nodes:
        if node.op_type != 'Concat':
            continue
        names = [name for name in (*node.input, *node.output) if name in ranges.data]
        if not names:  # of numbers, not of maps
            continue
        values = np.array([np.float32(ranges.data[name].range_value).ravel() for name in names])
        shared = dict(lowest=values[:, 0].min(), highest=values[:, 1].max())
        for name in names:
            ranges.data[name] = TensorData(**shared)


def _float_nodes(graph: onnx.GraphProto, float_pool: int) -> set[str]:
    """The last convolutions, the concatenation before them, and the pools of small maps."""
    producers = {node.output[0]: node for node in graph.node}
    last = _last_layers(graph)
    if not last:
        return set()
    kept = {conv.name for conv in last}
    vector = producers.get(last[0].input[0])
    if vector is not None and vector.op_type == 'Concat':
        kept.add(vector.name)
    pixels = {v.name: _pixels(v) for v in graph.value_info}
    for node in graph.node:
        if node.op_type == 'GlobalAveragePool' and pixels.get(node.input[0], 0) <= float_pool:
            kept.add(node.name)
    return kept


def _last_layers(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The convolutions that give the points and their standard deviations, in this order.

    None where the output is something else.
    """
    convs = [node for node in graph.node if node.op_type == 'Conv']
    ways = [(conv, _way_to_output(graph, conv)) for conv in convs]
    found = [(conv, way) for conv, way in ways if way is not None]
    return [conv for conv, _ in sorted(found, key=lambda pair: 'Sigmoid' in pair[1])]


def _way_to_output(graph: onnx.GraphProto, conv: onnx.NodeProto) -> list[str] | None:
    """The operators between ``conv`` and the output, if they only rearrange or squash it."""
    outputs = {value.name for value in graph.output}
    name, way = conv.output[0], []
    while name not in outputs:
        users = [node for node in graph.node if name in node.input]
        allowed = ('Reshape', 'Flatten', 'Squeeze', 'Sigmoid', 'Concat')
        if len(users) != 1 or users[0].op_type not in allowed:
            return None
        way.append(users[0].op_type)
        name = users[0].output[0]
    return way


def _pixels(value: onnx.ValueInfoProto) -> int:
    shape = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
    return shape[2] * shape[3] if len(shape) == 4 else 0
