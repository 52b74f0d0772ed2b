"""ONNX export: equal outputs for any batch size."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from meadow_core.bundle.manifest import MODEL_FILE, WEIGHTS_FILE
from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.data.normalise import preprocessing_of
from meadow_trainer.errors import BundleParityError
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.export import onnx_export
from meadow_trainer.export.graph import Graph, run_graph
from meadow_trainer.export.onnx_export import verify_parity, write_files
from meadow_trainer.training.architectures import empty_network

pytestmark = pytest.mark.slow

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return empty_network("squeezenet1_1", 3).eval()


@pytest.fixture(scope="module")
def folder(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    write_files(network, Preprocessing(size=64), folder)
    return folder


@pytest.mark.parametrize("count", [1, 2, 5])
def test_graph_accepts_any_batch_size(network: nn.Module, folder: Path, count: int) -> None:
    expected = predict(network, PIXELS[:count], CPU)
    np.testing.assert_allclose(run_graph(folder / MODEL_FILE, PIXELS[:count]), expected, atol=1e-4)


def test_graph_has_uint8_input_and_named_outputs(folder: Path) -> None:
    graph = onnx.load(folder / MODEL_FILE).graph
    assert [one.name for one in graph.input] == ["images"]
    assert [one.name for one in graph.output] == ["logits", "embedding"]
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim] == [0, 64, 64, 3]


def test_embedding_is_what_the_classifier_sees(network: nn.Module, folder: Path) -> None:
    """SqueezeNet's classifier is a convolution: its features are averaged over the places."""
    seen: list[Tensor] = []
    handle = dict(network.named_modules())["classifier.1"].register_forward_pre_hook(
        lambda _, inputs: seen.append(inputs[0])
    )
    predict(network, PIXELS, CPU)
    handle.remove()
    embeddings = Graph(folder / MODEL_FILE).embeddings(PIXELS)
    assert embeddings.shape == (5, 512)
    np.testing.assert_allclose(embeddings, seen[0].mean((2, 3)).numpy(), atol=1e-4)


class Doubtful(nn.Module):
    """Takes a path by its values, which a trace fixes to the one it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = nn.Linear(3, 2)

    def forward(self, images: Tensor) -> Tensor:
        means = images.mean((2, 3))
        return torch.as_tensor(self.classifier(means if float(means.sum()) < -9 else -5 * means))


def test_wrong_trace_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    captured: list[nn.Module] = []

    def capture(network: nn.Module, _: Tensor) -> onnx.ModelProto:
        captured.append(network)
        raise BundleParityError("captured")

    monkeypatch.setattr(onnx_export, "_by_graph_capture", capture)
    torch.manual_seed(0)
    with pytest.raises(BundleParityError, match="captured"):
        write_files(Doubtful(), Preprocessing(size=64), tmp_path)
    write_files(empty_network("squeezenet1_1", 3), Preprocessing(size=64), tmp_path)
    assert len(captured) == 1, "the graph of a plain network is traced"


def test_transformer_has_a_graph(tmp_path: Path) -> None:
    """Whichever exporter can."""
    torch.manual_seed(0)
    network = empty_network("vit_tiny_patch16_224", 3).eval()
    write_files(network, preprocessing_of(network, 224), tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    assert verify_parity(network, tmp_path, pixels) <= 1e-4
    assert Graph(tmp_path / MODEL_FILE).embeddings(pixels).shape == (3, 192)


def test_graph_contains_no_paths_of_the_machine(folder: Path) -> None:
    assert b"stack_trace" not in (folder / MODEL_FILE).read_bytes()


def test_weights_load_into_torchvision_network(network: nn.Module, folder: Path) -> None:
    plain = empty_network("squeezenet1_1", 3)
    plain.load_state_dict(load_file(folder / WEIGHTS_FILE))
    np.testing.assert_array_equal(predict(plain, PIXELS, CPU), predict(network, PIXELS, CPU))


def test_equivalent_graph_passes_parity_check(network: nn.Module, folder: Path) -> None:
    assert verify_parity(network, folder, PIXELS) <= 1e-4


def test_graph_of_other_network_fails_parity_check(folder: Path) -> None:
    torch.manual_seed(1)
    with pytest.raises(BundleParityError, match="Nothing was registered"):
        verify_parity(empty_network("squeezenet1_1", 3), folder, PIXELS)


def test_graph_that_cannot_run_fails_parity_check(network: nn.Module, tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes(b"no graph")
    with pytest.raises(BundleParityError, match="cannot be run"):
        verify_parity(network, tmp_path, PIXELS)
