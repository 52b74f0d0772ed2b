"""Ranges of a graph's activations on real images, which an int8 graph needs.

ONNX Runtime's own calibration adds two reductions for each tensor to the graph, which take ten times as long as the
network. Here the tensors themselves are outputs, and NumPy finds their extremes.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationMethod
from onnxruntime.quantization.calibrate import TensorsData

from meadow_trainer.export.graph import INPUT, load_session

_BATCH = 4
"""All activations of a batch are in memory at once: a hundred megabytes for a ResNet-50 at 224 pixels."""


def activation_ranges(graph: Path, pixels: NDArray[np.uint8]) -> TensorsData:
    """Return the smallest and largest value of every floating-point tensor of a graph.

    Args:
        graph: An ONNX file.
        pixels: [N, size, size, 3], N at least 1.
    """
    model = onnx.load(graph)
    outputs = {one.name for one in model.graph.output}
    for node in model.graph.node:
        if node.op_type != "Constant":
            fresh = [name for name in node.output if name and name not in outputs]
            outputs.update(fresh)
            model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in fresh)
    session = load_session(model.SerializeToString())
    names = [one.name for one in session.get_outputs() if one.type == "tensor(float)"]
    low = dict.fromkeys(names, np.float32(np.inf))
    high = dict.fromkeys(names, np.float32(-np.inf))
    for start in range(0, len(pixels), _BATCH):
        values = session.run(names, {INPUT: pixels[start : start + _BATCH]})
        for name, value in zip(names, values, strict=True):
            low[name], high[name] = min(low[name], value.min()), max(high[name], value.max())
    return TensorsData(CalibrationMethod.MinMax, {name: (np.array(low[name]), np.array(high[name])) for name in names})
