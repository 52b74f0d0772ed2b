"""ONNX export: equal outputs for any batch size."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from meadow_core.bundle.manifest import MODEL_FILE, WEIGHTS_FILE
from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.errors import BundleParityError
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.export.onnx_export import run_graph, verify_parity, write_files
from meadow_trainer.training.model import empty_network

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


def test_graph_has_uint8_input_and_named_output(folder: Path) -> None:
    graph = onnx.load(folder / MODEL_FILE).graph
    assert [one.name for one in graph.input] == ["images"]
    assert [one.name for one in graph.output] == ["logits"]
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim] == [0, 64, 64, 3]


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
