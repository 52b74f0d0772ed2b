"""Exported graphs, run on the CPU."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from meadow_core.bundle.manifest import EMBEDDING_OUTPUT, LOGITS_OUTPUT

INPUT = "images"
_BATCH = 16
"""Larger ones are no faster on a CPU, and take more memory."""


class Graph:
    """A loaded graph, on as many threads as torch uses."""

    def __init__(self, source: Path | bytes) -> None:
        """Load a file, or what would be in one."""
        self._session = load_session(source)

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the graph.

        Args:
            pixels: [N, size, size, 3], RGB, N at least 1.

        Returns:
            Logits of shape [N, classes].
        """
        return self._run(LOGITS_OUTPUT, pixels)

    def embeddings(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the graph of a bundle of format 2 or later: [N, D] of pixels [N, size, size, 3]."""
        return self._run(EMBEDDING_OUTPUT, pixels)

    def outputs(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return logits [N, classes] and embeddings [N, D] of one run."""
        starts = range(0, len(pixels), _BATCH)
        wanted = [LOGITS_OUTPUT, EMBEDDING_OUTPUT]
        parts = [self._session.run(wanted, {INPUT: pixels[start : start + _BATCH]}) for start in starts]
        return np.concatenate([logits for logits, _ in parts]), np.concatenate([rows for _, rows in parts])

    def _run(self, output: str, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        starts = range(0, len(pixels), _BATCH)
        return np.concatenate(
            [self._session.run([output], {INPUT: pixels[start : start + _BATCH]})[0] for start in starts]
        )


def load_session(source: Path | bytes) -> onnxruntime.InferenceSession:
    """Load a graph to be run on the CPU, on as many threads as torch uses."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    options.intra_op_num_threads = torch.get_num_threads()
    # Threads that wait leave their core to others: on a busy machine, spinning doubles the processor time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def run_graph(graph: Path, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Load a graph and return its logits, [N, classes], of pixels [N, size, size, 3]."""
    return Graph(graph).logits(pixels)
