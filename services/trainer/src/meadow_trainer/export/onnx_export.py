"""ONNX export of a trained network, with a parity check."""

import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from meadow_core.bundle.manifest import EMBEDDING_OUTPUT, LOGITS_OUTPUT, MODEL_FILE, WEIGHTS_FILE
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.bundle.scores import probabilities
from meadow_trainer.data.normalise import normalise
from meadow_trainer.errors import BundleParityError
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.export.graph import INPUT, Graph
from meadow_trainer.training.embedding import tapped, with_embedding

log = logging.getLogger(__name__)

PARITY_TOLERANCE = 1e-4
"""Largest accepted difference of any probability."""
_PARITY_IMAGES = 16
_TRIED_BATCHES = (3, 1)
"""Sizes that a fresh graph is tried at: another one than the exporter was shown, and the smallest."""


class ExportedNetwork(nn.Module):
    """The exported graph: from decoded pixels to logits and embedding, with normalisation."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing, seen: list[Tensor]) -> None:
        super().__init__()
        self.network = network
        self.preprocessing = preprocessing
        self.seen = seen

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Compute logits and embeddings.

        Args:
            images: uint8 [N, size, size, 3], RGB.

        Returns:
            float32 [N, classes] and [N, D].
        """
        floats = images.permute(0, 3, 1, 2).to(torch.float32) / 255
        return with_embedding(self.network, normalise(floats, self.preprocessing), self.seen)


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
    write_graph(network, preprocessing, folder / MODEL_FILE)


def write_graph(network: nn.Module, preprocessing: Preprocessing, path: Path) -> None:
    """Export a network on the CPU, in evaluation mode, to a graph with a dynamic batch size.

    Of PyTorch's two exporters the one that traces is tried first: it takes a tenth of the other's time. Its graph is
    taken if it gives the network's logits at other batch sizes than the traced one.
    """
    size = preprocessing.size
    # Two images: from an example of one, the exporters would make the batch size a constant.
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    with tapped(network) as seen, torch.no_grad(), _quiet():
        exported = ExportedNetwork(network, preprocessing, seen).eval()
        model = _attempt(_by_trace, exported, example)
        if model is None:
            model = _by_graph_capture(exported, example)
    # The exporters record source lines: paths of this machine, and bytes that differ between runs.
    del model.metadata_props[:], model.graph.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
    onnx.save(model, path)


def _attempt(
    export: Callable[[ExportedNetwork, Tensor], onnx.ModelProto], network: ExportedNetwork, example: Tensor
) -> onnx.ModelProto | None:
    try:
        model = export(network, example)
        graph = Graph(model.SerializeToString())
        rng = np.random.default_rng(0)
        for count in _TRIED_BATCHES:
            pixels = rng.integers(0, 256, (count, *example.shape[1:]), dtype=np.uint8)
            expected = network(torch.from_numpy(pixels))[0].numpy()
            difference = np.abs(probabilities(graph.logits(pixels), 1.0) - probabilities(expected, 1.0)).max()
            if not difference <= PARITY_TOLERANCE:
                return None
    except Exception as error:  # noqa: BLE001 - the exporter and ONNX Runtime raise what they like
        log.info("Exporting by graph capture, as tracing failed: %s", error)
        return None
    return model


def _by_trace(network: ExportedNetwork, example: Tensor) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / MODEL_FILE
        torch.onnx.export(
            network,
            (example,),
            file,
            input_names=[INPUT],
            output_names=[LOGITS_OUTPUT, EMBEDDING_OUTPUT],
            dynamic_axes={name: {0: "batch"} for name in (INPUT, LOGITS_OUTPUT, EMBEDDING_OUTPUT)},
            dynamo=False,
            verbose=False,
        )
        return onnx.load(file)


def _by_graph_capture(network: ExportedNetwork, example: Tensor) -> onnx.ModelProto:
    program = torch.onnx.export(
        network,
        (example,),
        input_names=[INPUT],
        output_names=[LOGITS_OUTPUT, EMBEDDING_OUTPUT],
        dynamic_shapes={INPUT: {0: torch.export.Dim("batch")}},
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise BundleParityError("The exporter returned no graph.")
    model: onnx.ModelProto = program.model_proto
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
        graph = Graph(folder / MODEL_FILE)
        together, single = graph.logits(chosen), graph.logits(chosen[:1])
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        raise BundleParityError(f"The exported graph cannot be run: {error}") from error
    difference = max(
        float(np.abs(probabilities(together, 1.0) - expected).max()),
        float(np.abs(probabilities(single, 1.0) - expected[:1]).max()),
    )
    if not difference <= PARITY_TOLERANCE:
        raise BundleParityError(
            f"The exported graph's probabilities differ from the network's by {difference:.2g}; "
            f"at most {PARITY_TOLERANCE:g} is accepted. Nothing was registered."
        )
    return difference
