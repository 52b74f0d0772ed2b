"""PyTorch's ONNX exporter without its preparation at each export."""

import functools

import pytest
from torch.onnx._internal.exporter._registration import ONNXRegistry


def keep_onnx_registry(patch: pytest.MonkeyPatch) -> None:
    """Let exports share one registry of operators: the exporter parses the same 500 functions for each, in seconds."""
    patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(functools.cache(ONNXRegistry.from_torchlib)))
