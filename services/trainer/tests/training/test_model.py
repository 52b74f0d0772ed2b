"""Networks by name, with or without pretrained weights."""

import urllib.error
import urllib.request

import pytest
import torch
import torchvision
from torch import Tensor

from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.errors import ArchitectureError
from meadow_trainer.training import pretrained
from meadow_trainer.training.architectures import empty_network
from meadow_trainer.training.model import build_network
from meadow_trainer.training.pretrained import WeightsUnavailableError, load_pretrained


def _unreachable(*_: object, **__: object) -> None:
    raise urllib.error.URLError("no route")


def test_unknown_architecture_error_suggests_similar_names() -> None:
    with pytest.raises(ArchitectureError, match="resnet18"):
        empty_network("resnet_18", 2)


@pytest.mark.parametrize("name", ["fasterrcnn_resnet50_fpn", "raft_small"])
def test_non_classification_network_is_refused(name: str) -> None:
    with pytest.raises(ArchitectureError, match="no classification model"):
        empty_network(name, 2)


def test_unsupported_image_size_raises_before_training() -> None:
    with pytest.raises(ArchitectureError, match="vit_b_32 does not take images of 100 pixels"):
        build_network(TrainingConfig(architecture="vit_b_32", image_size=100, pretrained=False), 2)


def test_network_has_one_output_per_class() -> None:
    network, fine_tuning = build_network(TrainingConfig(architecture="resnet18", image_size=32, pretrained=False), 5)
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 5)
    assert not fine_tuning


def test_unavailable_weights_are_logged_and_training_starts_from_scratch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: object
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", _unreachable)
    _, fine_tuning = build_network(TrainingConfig(architecture="resnet18", image_size=32), 2)
    assert not fine_tuning
    assert "from scratch" in caplog.text
    assert "no route" in caplog.text


def test_unavailable_required_weights_raise(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", _unreachable)
    with pytest.raises(ArchitectureError, match="no route"):
        build_network(TrainingConfig(architecture="resnet18", image_size=32, pretrained=True), 2)


def test_pretrained_weights_are_loaded_except_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    published = empty_network("resnet18", 1000).state_dict()
    monkeypatch.setattr(pretrained, "_fetch", lambda _: published)
    network = empty_network("resnet18", 2)
    classifier = network.state_dict()["fc.weight"].clone()
    assert load_pretrained(network, "resnet18") == ["fc.bias", "fc.weight"]
    loaded: dict[str, Tensor] = network.state_dict()
    assert torch.equal(loaded["conv1.weight"], published["conv1.weight"])
    assert torch.equal(loaded["fc.weight"], classifier)


def test_architecture_without_published_weights_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    network = empty_network("resnet18", 2)
    monkeypatch.setattr(torchvision.models, "get_model_weights", lambda _: [])
    with pytest.raises(WeightsUnavailableError, match="no weights for resnet18"):
        load_pretrained(network, "resnet18")
