"""Features of images: equal to the network's own, and computed once."""

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from meadow.schemas.dataset_manifest import DatasetEntry
from meadow.schemas.split import Split
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.normalise import normalise, preprocessing_of
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingCancelledError, TrainingDataError
from meadow_trainer.training import features as features_module
from meadow_trainer.training.architectures import empty_network
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.embedding import classifier_of, set_classifier
from meadow_trainer.training.feature_cache import FeatureCache, backbone_digest
from meadow_trainer.training.features import FeatureExtractor

CPU = torch.device("cpu")
SIZE = 32


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return empty_network("mobilenet_v3_small", 2).eval()


@pytest.fixture(scope="module")
def entries(stripes_source: ImageSource) -> list[DatasetEntry]:
    return stripes_source.manifest.of_split(Split.HOLDOUT)


def extractor(network: nn.Module, source: ImageSource, cache: Path | None) -> FeatureExtractor:
    loader = ImageLoader(source.read, source.manifest.classes, max_pixels=1_000_000)
    return FeatureExtractor(network, preprocessing_of(network, SIZE), loader, CPU, cache)


def test_features_are_the_classifiers_input(
    network: nn.Module, stripes_source: ImageSource, entries: list[DatasetEntry]
) -> None:
    found = extractor(network, stripes_source, None).of(entries, TrainingCallbacks())
    images = torch.from_numpy(found.plain.pixels).permute(0, 3, 1, 2).float().div(255)
    _, classifier = classifier_of(network)
    with torch.no_grad():
        expected = network(normalise(images)).numpy()
        logits = torch.nn.functional.linear(
            torch.from_numpy(found.features), classifier.weight, classifier.bias
        ).numpy()
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    assert found.computed == len(entries)
    assert [stripes_source.manifest.classes[label] for label in found.labels] == [one.label for one in entries]


def test_only_new_images_are_computed(
    network: nn.Module, stripes_source: ImageSource, entries: list[DatasetEntry], tmp_path: Path
) -> None:
    known = entries[::2]
    first = extractor(network, stripes_source, tmp_path).of(known, TrainingCallbacks())
    both = extractor(network, stripes_source, tmp_path).of(entries, TrainingCallbacks())
    assert (first.computed, both.computed) == (len(known), len(entries) - len(known))
    np.testing.assert_array_equal(both.features[::2], first.features)
    assert extractor(network, stripes_source, tmp_path).of(entries, TrainingCallbacks()).computed == 0


def test_torch_and_the_exported_graph_give_the_same_features(network: nn.Module) -> None:
    """The first computes them on CUDA, the second on processors; both fill one cache."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
    torchs = features_module._on_gpu(network, CPU)(pixels)
    graphs = features_module._on_cpu(network, preprocessing_of(network, SIZE))(pixels)
    assert torchs.shape == graphs.shape == (5, 1024)
    np.testing.assert_allclose(torchs, graphs, atol=1e-4)


def test_other_weights_have_other_features_but_another_classifier_has_not(
    network: nn.Module, stripes_source: ImageSource, entries: list[DatasetEntry], tmp_path: Path
) -> None:
    before = backbone_digest(network, preprocessing_of(network, SIZE))
    extractor(network, stripes_source, tmp_path).of(entries, TrainingCallbacks())
    torch.manual_seed(1)
    same_backbone = empty_network("mobilenet_v3_small", 2)
    same_backbone.load_state_dict(network.state_dict())
    set_classifier(same_backbone, torch.zeros(2, 1024), torch.zeros(2))
    assert backbone_digest(same_backbone, preprocessing_of(network, SIZE)) == before
    assert backbone_digest(network, preprocessing_of(network, 64)) != before
    other = empty_network("mobilenet_v3_small", 2).eval()
    assert backbone_digest(other, preprocessing_of(other, SIZE)) != before
    assert extractor(other, stripes_source, tmp_path).of(entries, TrainingCallbacks()).computed == len(entries)


def test_more_images_than_are_kept_have_features_too(
    network: nn.Module, stripes_source: ImageSource, entries: list[DatasetEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = extractor(network, stripes_source, None).of(entries, TrainingCallbacks())
    monkeypatch.setattr(features_module, "_KEPT", 5)
    monkeypatch.setattr(features_module, "_CHUNK", 4)
    found = extractor(network, stripes_source, None).of(entries, TrainingCallbacks())
    assert len(found.plain) == 5
    np.testing.assert_allclose(found.features, everything.features, atol=1e-5)


def test_damaged_cache_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    row = np.arange(3, dtype=np.float32)
    FeatureCache(tmp_path, "b").add({"00" * 32: row})
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        cache = FeatureCache(tmp_path, "b")
        assert cache.find(["00" * 32]) == {}
        cache.add({"11" * 32: row + 1})
    assert "computed again" in caplog.text
    np.testing.assert_array_equal(FeatureCache(tmp_path, "b").find(["11" * 32])["11" * 32], row + 1)


def test_caches_of_two_runs_at_once_are_joined(tmp_path: Path) -> None:
    row = np.arange(3, dtype=np.float32)
    first, second = FeatureCache(tmp_path, "b"), FeatureCache(tmp_path, "b")
    assert first.find(["00" * 32]) == second.find(["00" * 32]) == {}
    first.add({"00" * 32: row})
    second.add({"11" * 32: row + 1})
    assert FeatureCache(tmp_path, "b").find(["00" * 32, "11" * 32]).keys() == {"00" * 32, "11" * 32}
    assert FeatureCache(tmp_path, "c").find(["00" * 32]) == {}


def test_cancelled_extraction_stops(
    network: nn.Module, stripes_source: ImageSource, entries: list[DatasetEntry], tmp_path: Path
) -> None:
    with pytest.raises(TrainingCancelledError):
        extractor(network, stripes_source, tmp_path).of(entries, TrainingCallbacks(should_stop=lambda: True))


def test_class_without_a_decodable_image_is_named(
    network: nn.Module, stripes_source: ImageSource, entries: list[DatasetEntry]
) -> None:
    def read(entry: DatasetEntry) -> bytes:
        return b"broken" if entry.label == "upright" else stripes_source.read(entry)

    damaged = dataclasses.replace(stripes_source, read=read)
    with pytest.raises(TrainingDataError, match="upright"):
        extractor(network, damaged, None).of(entries, TrainingCallbacks())


@pytest.mark.parametrize(
    ("architecture", "size"), [("squeezenet1_1", 512), ("resnet18", 512), ("tf_efficientnet_lite0", 1280)]
)
def test_classifier_takes_given_weights(architecture: str, size: int) -> None:
    network = empty_network(architecture, 3).eval()
    weight, bias = torch.zeros(3, size), Tensor([1.0, 3.0, 2.0])
    set_classifier(network, weight, bias)
    with torch.no_grad():
        assert network(torch.rand(1, 3, 64, 64)).argmax() == 1
    with pytest.raises(ValueError, match="does not take weights"):
        set_classifier(network, torch.zeros(4, size), torch.zeros(4))
