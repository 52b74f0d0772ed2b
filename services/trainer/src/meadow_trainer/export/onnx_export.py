"""ONNX export of a trained network, with a parity check."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from meadow_core.bundle.manifest import MODEL_FILE, WEIGHTS_FILE
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.bundle.scores import probabilities
from meadow_trainer.data.normalise import normalise
from meadow_trainer.errors import BundleParityError
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.training.model import logits_of

INPUT = "images"
OUTPUT = "logits"
PARITY_TOLERANCE = 1e-4
"""Largest accepted difference of any probability."""
_PARITY_IMAGES = 256
_PARITY_BATCH = 32


class ExportedNetwork(nn.Module):
    """The exported graph: from decoded pixels to logits, with normalisation."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self.preprocessing = preprocessing

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits.

        Args:
            images: uint8 [N, size, size, 3], RGB.

        Returns:
            float32 [N, classes].
        """
        floats = images.permute(0, 3, 1, 2).to(torch.float32) / 255
        return logits_of(self.network(normalise(floats, self.preprocessing)))


def write_files(network: nn.Module, preprocessing: Preprocessing, folder: Path) -> None:
    """Write the graph and the weights into an existing folder.

    Args:
        network: Moved to the CPU and left there, in evaluation mode.
        preprocessing: Size of the input, and the normalisation that becomes part of the graph.
        folder: Gets `model.onnx` and `weights.safetensors`.
    """
    network.to("cpu").eval()
    state = {name: tensor.detach().contiguous().clone() for name, tensor in network.state_dict().items()}
    save_file(state, folder / WEIGHTS_FILE)
    onnx.save(_trace(network, preprocessing), folder / MODEL_FILE)


def _trace(network: nn.Module, preprocessing: Preprocessing) -> onnx.ModelProto:
    """Export the network to a graph with a dynamic batch size."""
    size = preprocessing.size
    # Two images: from an example of one, the exporter would make the batch size a constant.
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    with _quiet():
        program = torch.onnx.export(
            ExportedNetwork(network, preprocessing).eval(),
            (example,),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes={INPUT: {0: torch.export.Dim("batch")}},
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise BundleParityError("The exporter returned no graph.")
    model: onnx.ModelProto = program.model_proto
    # The exporter records source lines: paths of this machine, and bytes that differ between runs.
    del model.metadata_props[:], model.graph.metadata_props[:]
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter's log: dozens of lines that a user cannot act on."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.__trace", "onnx_ir", "onnxscript")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def run_graph(graph: Path, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Run an exported graph on the CPU.

    Args:
        graph: An ONNX file.
        pixels: [N, size, size, 3], RGB, N at least 1.

    Returns:
        Logits of shape [N, classes].
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    starts = range(0, len(pixels), _PARITY_BATCH)
    return np.concatenate(
        [session.run([OUTPUT], {INPUT: pixels[start : start + _PARITY_BATCH]})[0] for start in starts]
    )


def verify_parity(network: nn.Module, folder: Path, pixels: NDArray[np.uint8]) -> float:
    """Compare the exported graph with the network on real images, at several batch sizes.

    Returns:
        The largest difference of any probability.

    Raises:
        BundleParityError: It is above the tolerance, or the graph cannot be run.
    """
    chosen = pixels[:_PARITY_IMAGES]
    expected = probabilities(predict(network, chosen, torch.device("cpu")), 1.0)
    try:
        graph = run_graph(folder / MODEL_FILE, chosen)
        single = run_graph(folder / MODEL_FILE, chosen[:1])
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        raise BundleParityError(f"The exported graph cannot be run: {error}") from error
    difference = max(
        float(np.abs(probabilities(graph, 1.0) - expected).max()),
        float(np.abs(probabilities(single, 1.0) - expected[:1]).max()),
    )
    if not difference <= PARITY_TOLERANCE:
        raise BundleParityError(
            f"The exported graph's probabilities differ from the network's by {difference:.2g}; "
            f"at most {PARITY_TOLERANCE:g} is accepted. Nothing was registered."
        )
    return difference
