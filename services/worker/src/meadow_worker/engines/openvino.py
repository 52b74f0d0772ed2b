"""Inference on the CPU through OpenVINO."""

from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from meadow.bundle.manifest import MODEL_FILE


class OpenVinoEngine:
    """One request on one thread: a worker scales by processes, each on its own core."""

    name = "openvino"

    def __init__(self, bundle: Path) -> None:
        core = ov.Core()
        compiled = core.compile_model(
            core.read_model(bundle / MODEL_FILE),
            "CPU",
            {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"},
        )
        self._request = compiled.create_infer_request()

    def infer(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Engine.infer`."""
        outputs = self._request.infer([pixels], share_inputs=True)
        logits: NDArray[np.float32] = outputs[0]
        return logits
