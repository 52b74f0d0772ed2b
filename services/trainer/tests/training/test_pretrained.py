"""Pretrained weights from the package, from timm's names and from files."""

import hashlib
import importlib.metadata
import pickle
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.data.normalise import normalisation_of, normalise, preprocessing_of
from meadow_trainer.errors import ArchitectureError
from meadow_trainer.training import packaged_weights
from meadow_trainer.training.architectures import LITE0, empty_network
from meadow_trainer.training.model import build_network
from meadow_trainer.training.packaged_weights import SHA256, PackagedWeightsError, read_packaged_weights
from meadow_trainer.training.pretrained import WeightsUnavailableError, load_pretrained, load_weights_file


def test_default_network_starts_from_packaged_weights_except_classifier() -> None:
    network, pretrained = build_network(TrainingConfig(image_size=64), 3)
    assert pretrained
    state, packaged = list(network.state_dict().values()), list(read_packaged_weights().values())
    assert len(state) == len(packaged) == 296
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(state[:-2], packaged[:-2], strict=True))
    assert state[-2].shape == (3, 1280)


def test_packaged_network_knows_objects() -> None:
    """With its own thousand classes it is sure of what it sees, which no wrong order of tensors could be."""
    network = empty_network(LITE0, 1000).eval()
    assert load_pretrained(network, LITE0) == []
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, 224), torch.linspace(-1, 1, 224), indexing="ij")
    disc = (rows**2 + columns**2 < 0.5).float()
    orange = torch.stack([0.1 + 0.85 * disc, 0.2 + 0.35 * disc, 0.1 - 0.05 * disc])[None]
    with torch.no_grad():
        answer = network(normalise(orange, normalisation_of(network))).softmax(dim=1)
    assert float(answer.max()) > 0.2


def test_packaged_weights_of_another_digest_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / packaged_weights.FILE
    other.parent.mkdir(parents=True)
    other.write_bytes(pickle.dumps({"harmless": 1}))

    class Distribution:
        @staticmethod
        def locate_file(name: str) -> Path:
            return tmp_path / name

    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: Distribution)
    with pytest.raises(PackagedWeightsError, match=hashlib.sha256(other.read_bytes()).hexdigest()):
        read_packaged_weights()
    with pytest.raises(WeightsUnavailableError, match=SHA256):
        load_pretrained(empty_network(LITE0, 2), LITE0)


def test_missing_package_trains_from_scratch_with_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(packaged_weights, "DISTRIBUTION", "meadow-no-such-weights")
    _, pretrained = build_network(TrainingConfig(image_size=64), 2)
    assert not pretrained
    assert "meadow-no-such-weights is not installed" in caplog.text


def test_normalisation_is_that_of_the_weights() -> None:
    lite0 = preprocessing_of(empty_network(LITE0, 2), 224)
    assert (lite0.size, lite0.mean, lite0.std) == (224, (127 / 255,) * 3, (128 / 255,) * 3)
    black, white = normalise(torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2), lite0)[0, 0, 0]
    assert (float(black), float(white)) == pytest.approx((-127 / 128, 1.0))
    assert preprocessing_of(empty_network("resnet18", 2), 64).mean == (0.485, 0.456, 0.406)
    assert preprocessing_of(empty_network("vit_tiny_patch16_224", 2), 224).mean == (0.5, 0.5, 0.5)


def test_name_of_both_libraries_is_torchvisions() -> None:
    assert type(empty_network("resnet18", 2)).__module__.startswith("torchvision")
    assert type(empty_network("resnet18.a1_in1k", 2)).__module__.startswith("timm")
    assert empty_network("mobilenetv4_conv_small", 5).eval()(torch.zeros(1, 3, 64, 64)).shape == (1, 5)


@pytest.mark.parametrize("name", ["hf-hub:someone/something", "local-dir:/tmp", "tf_eficientnet_lite0"])
def test_name_that_is_no_architecture_is_refused(name: str) -> None:
    with pytest.raises(ArchitectureError, match="no classification model"):
        empty_network(name, 2)


def test_unreachable_timm_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    network = empty_network("mobilenetv4_conv_small", 2)
    with pytest.raises(WeightsUnavailableError, match=r"mobilenetv4_conv_small.*no route"):
        load_pretrained(network, "mobilenetv4_conv_small")


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_weights_file_is_loaded_except_classifier(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"weights.{suffix}"
    saved = empty_network("mobilenet_v3_small", 10).state_dict()
    if suffix == "pth":
        torch.save({"state_dict": saved, "epoch": 3}, file)
    else:
        save_file({name: tensor.contiguous() for name, tensor in saved.items()}, file)
    config = TrainingConfig(architecture="mobilenet_v3_small", image_size=32, weights=str(file))
    network, pretrained = build_network(config, 2)
    assert pretrained
    assert torch.equal(network.state_dict()["features.0.0.weight"], saved["features.0.0.weight"])
    assert network.state_dict()["classifier.3.weight"].shape == (2, 1024)


def test_weights_of_foreign_names_are_taken_in_order(tmp_path: Path) -> None:
    saved = empty_network("mobilenet_v3_small", 10).state_dict()
    torch.save({f"x{number}": tensor for number, tensor in enumerate(saved.values())}, tmp_path / "weights.pth")
    network = empty_network("mobilenet_v3_small", 2)
    assert load_weights_file(network, tmp_path / "weights.pth") == ["classifier.3.bias", "classifier.3.weight"]
    assert torch.equal(network.state_dict()["features.0.0.weight"], saved["features.0.0.weight"])


def test_weights_file_of_another_network_raises(tmp_path: Path) -> None:
    torch.save(empty_network("resnet18", 2).state_dict(), tmp_path / "weights.pth")
    config = TrainingConfig(architecture="mobilenet_v3_small", image_size=32, weights=str(tmp_path / "weights.pth"))
    with pytest.raises(ArchitectureError, match="another network"):
        build_network(config, 2)


def test_weights_file_with_code_is_not_executed(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return (Path.write_text, (str(tmp_path / "executed"), "x"))

    torch.save({"weight": Harmful()}, tmp_path / "weights.pth")
    with pytest.raises(WeightsUnavailableError, match="Could not read"):
        load_weights_file(empty_network("squeezenet1_1", 2), tmp_path / "weights.pth")
    assert not (tmp_path / "executed").exists()


def test_weights_without_pretraining_are_contradictory() -> None:
    with pytest.raises(ValidationError, match="pretrained=false"):
        TrainingConfig(weights="weights.pth", pretrained=False)
