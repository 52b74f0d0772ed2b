"""Training images of a version are found by an embedding, from the two files that are needed for it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import pack_embedding
from meadow_core.bundle.manifest import MANIFEST_FILE, TRAINING_EMBEDDINGS_FILE, BundleError
from meadow_core.names import EXTRA_FILES_FOLDER
from meadow_core.registry.similar_images import SimilarImageSearch
from meadow_core.registry.versions import ModelRegistry, RegistryError
from mlflow_warnings import MLFLOW_WARNINGS
from training_embeddings import DIGESTS, make_training_embeddings

pytestmark = MLFLOW_WARNINGS

Register = Callable[..., tuple[ModelRef, Path]]


@pytest.fixture
def search(registry: ModelRegistry) -> SimilarImageSearch:
    return SimilarImageSearch(registry)


def looks_like(number: int) -> str:
    """The embedding of an image that looks like a training image."""
    return pack_embedding(make_training_embeddings().compact[number].tobytes())


def test_most_similar_images_come_first_with_their_labels(search: SimilarImageSearch, register: Register) -> None:
    ref, _ = register(extra=make_training_embeddings().write)
    found = search.find(ref, looks_like(1), 2)
    assert (found.model, found.dataset, found.dataset_version) == (ref, "demo", "d1")
    assert [image.sha256 for image in found.images] == [DIGESTS[1], DIGESTS[0]]
    assert [image.label for image in found.images] == ["grass, mown", "dandelion"]
    assert found.images[0].similarity == pytest.approx(1)
    assert found.images[0].href == f"/v1/datasets/demo/images/{DIGESTS[1]}?version=d1"


def test_a_version_is_read_once(search: SimilarImageSearch, register: Register) -> None:
    ref, folder = register(extra=make_training_embeddings().write)
    first = search.find(ref, looks_like(0), 3)
    (folder / EXTRA_FILES_FOLDER / TRAINING_EMBEDDINGS_FILE).unlink()
    assert search.find(ref, looks_like(0), 3) == first


def test_an_embedding_of_another_model_is_refused(search: SimilarImageSearch, register: Register) -> None:
    ref, _ = register(extra=make_training_embeddings().write)
    with pytest.raises(ValueError, match="has 2 bytes, this one 3"):
        search.find(ref, pack_embedding(b"abc"), 1)
    with pytest.raises(ValueError, match="base64"):
        search.find(ref, "no base64!", 1)


def test_a_bundle_without_embeddings_says_so(search: SimilarImageSearch, register: Register) -> None:
    ref, _ = register()
    with pytest.raises(BundleError, match="no embeddings"):
        search.find(ref, looks_like(0), 1)


@pytest.mark.parametrize("name", [MANIFEST_FILE, TRAINING_EMBEDDINGS_FILE])
def test_files_that_changed_in_the_store_are_refused(search: SimilarImageSearch, register: Register, name: str) -> None:
    ref, folder = register(extra=make_training_embeddings().write)
    file = folder / EXTRA_FILES_FOLDER / name
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(BundleError, match=name):
        search.find(ref, looks_like(0), 1)


@pytest.mark.parametrize("name", [MANIFEST_FILE, TRAINING_EMBEDDINGS_FILE])
def test_files_that_are_gone_are_named(search: SimilarImageSearch, register: Register, name: str) -> None:
    ref, folder = register(extra=make_training_embeddings().write)
    (folder / EXTRA_FILES_FOLDER / name).unlink()
    with pytest.raises(BundleError, match=f"lack {name}"):
        search.find(ref, looks_like(0), 1)


def test_a_version_that_is_not_registered_is_an_error_of_the_registry(
    search: SimilarImageSearch, register: Register
) -> None:
    ref, _ = register(extra=make_training_embeddings().write)
    with pytest.raises(RegistryError, match="version 7"):
        search.find(ref.model_copy(update={"version": "7"}), looks_like(0), 1)
