"""Inference on the CPU through OpenVINO."""

from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from meadow_core.bundle.manifest import EMBEDDING_OUTPUT, LOGITS_OUTPUT, MODEL_FILE, QUANTIZED_MODEL_FILE
from meadow_worker.engines.base import Outputs
from meadow_worker.engines.precision import Precision

_HINT = {Precision.FLOAT32: "f32", Precision.BFLOAT16: "bf16", Precision.INT8: "f32"}


class OpenVinoEngine:
    """One request on one thread: a worker scales by processes, each on its own core."""

    name = "openvino"

    def __init__(self, bundle: Path, precision: Precision) -> None:
        self.precision = precision
        core = ov.Core()
        graph = core.read_model(bundle / (QUANTIZED_MODEL_FILE if precision is Precision.INT8 else MODEL_FILE))
        compiled = core.compile_model(
            graph,
            "CPU",
            {
                "INFERENCE_NUM_THREADS": 1,
                "NUM_STREAMS": 1,
                # Pinned, each process takes the first core for its own, and they all share that one.
                "ENABLE_CPU_PINNING": False,
                "INFERENCE_PRECISION_HINT": _HINT[precision],
            },
        )
        self._request = compiled.create_infer_request()
        names = {name for output in compiled.outputs for name in output.names}
        self._logits = compiled.output(LOGITS_OUTPUT)
        self._embeddings = compiled.output(EMBEDDING_OUTPUT) if EMBEDDING_OUTPUT in names else None

    def infer(self, pixels: NDArray[np.uint8]) -> Outputs:
        """See `Engine.infer`."""
        outputs = self._request.infer([pixels], share_inputs=True)
        return Outputs(outputs[self._logits], None if self._embeddings is None else outputs[self._embeddings])


def available_precisions(bundle: Path) -> tuple[Precision, ...]:
    """Name what a bundle can be run in on this processor."""
    capabilities = ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    precisions = [Precision.FLOAT32]
    if "BF16" in capabilities:
        precisions.append(Precision.BFLOAT16)
    if "INT8" in capabilities and (bundle / QUANTIZED_MODEL_FILE).is_file():
        precisions.append(Precision.INT8)
    return tuple(precisions)
