import json
from pathlib import Path

import pytest

from meadow_core.bundle.manifest import (
    BUNDLE_FILES,
    MANIFEST_FILE,
    MODEL_FILE,
    PROBE_FILE,
    QUANTIZED_MODEL_FILE,
    WEIGHTS_FILE,
    BundleError,
    BundleManifest,
    HoldoutMetrics,
    bundle_digest,
    read_bundle,
    write_manifest,
)
from meadow_core.bundle.preprocess import Preprocessing

MANIFEST = BundleManifest(
    architecture="resnet18",
    classes=("dandelion", "wörld"),
    preprocessing=Preprocessing(size=64),
    decision_threshold=0.7,
    dataset_name="demo",
    dataset_digest="d1",
    metrics=HoldoutMetrics(
        accuracy=0.9, expected_calibration_error=0.02, examples=100, recall={"dandelion": 0.9}, precision={}
    ),
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / MODEL_FILE).write_bytes(b"graph")
    (tmp_path / WEIGHTS_FILE).write_bytes(b"weights")
    (tmp_path / PROBE_FILE).write_bytes(b"probe")
    return tmp_path


@pytest.fixture
def digest(bundle: Path) -> str:
    return write_manifest(bundle, MANIFEST)


def edit(bundle: Path, **changes: object) -> None:
    path = bundle / MANIFEST_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_what_was_sealed_is_what_is_read(bundle: Path, digest: str) -> None:
    manifest = read_bundle(bundle, expected_digest=digest)
    assert manifest.model_copy(update={"files": {}}) == MANIFEST
    assert set(manifest.files) == set(BUNDLE_FILES)
    assert digest == bundle_digest(bundle)


def test_an_int8_graph_is_sealed_and_verified_like_the_rest(bundle: Path) -> None:
    (bundle / QUANTIZED_MODEL_FILE).write_bytes(b"int8")
    digest = write_manifest(bundle, MANIFEST)
    assert set(read_bundle(bundle, expected_digest=digest).files) == {*BUNDLE_FILES, QUANTIZED_MODEL_FILE}
    (bundle / QUANTIZED_MODEL_FILE).write_bytes(b"other")
    with pytest.raises(BundleError, match=QUANTIZED_MODEL_FILE):
        read_bundle(bundle, expected_digest=digest)


def test_a_manifest_cannot_name_files_outside_the_bundle(bundle: Path, digest: str) -> None:
    files = read_bundle(bundle, expected_digest=digest).files
    edit(bundle, files={**files, "../../etc/passwd": "0"})
    with pytest.raises(BundleError, match="no file of a bundle"):
        read_bundle(bundle)


def test_the_digest_depends_on_every_file(bundle: Path, digest: str) -> None:
    for name in BUNDLE_FILES:
        (bundle / name).write_bytes(b"other")
        changed = write_manifest(bundle, MANIFEST)
        assert changed != digest
        digest = changed


@pytest.mark.parametrize("name", BUNDLE_FILES)
def test_a_changed_file_is_named(bundle: Path, digest: str, name: str) -> None:
    (bundle / name).write_bytes((bundle / name).read_bytes() + b"\0")
    with pytest.raises(BundleError, match=f"{name} .* is not the file that was trained"):
        read_bundle(bundle, expected_digest=digest)


@pytest.mark.parametrize("name", BUNDLE_FILES)
def test_a_missing_file_is_named(bundle: Path, digest: str, name: str) -> None:
    (bundle / name).unlink()
    with pytest.raises(BundleError, match=f"lacks {name}"):
        read_bundle(bundle, expected_digest=digest)


def test_a_changed_manifest_is_not_what_was_registered(bundle: Path, digest: str) -> None:
    edit(bundle, classes=["wörld", "dandelion"])
    with pytest.raises(BundleError, match=f"the registry says {digest}"):
        read_bundle(bundle, expected_digest=digest)


def test_a_file_that_the_manifest_does_not_name_is_not_trusted(bundle: Path, digest: str) -> None:
    del digest
    edit(bundle, files={})
    with pytest.raises(BundleError, match=f"{MODEL_FILE} .* digest differs"):
        read_bundle(bundle)


@pytest.mark.parametrize(
    "changes", [{"format_version": 3}, {"classes": ["one"]}, {"temperature": 0}, {"decision_threshold": 1.5}]
)
def test_a_manifest_that_cannot_be_served_says_why(bundle: Path, digest: str, changes: dict[str, object]) -> None:
    del digest
    edit(bundle, **changes)
    with pytest.raises(BundleError, match=next(iter(changes))):
        read_bundle(bundle)


def test_bundle_of_format_1_still_loads(bundle: Path, digest: str) -> None:
    del digest
    edit(bundle, format_version=1)
    assert read_bundle(bundle).format_version == 1
    assert MANIFEST.format_version == 2


def test_bytes_that_are_no_manifest_are_refused(bundle: Path, digest: str) -> None:
    del digest
    (bundle / MANIFEST_FILE).write_bytes(b"\xff not json")
    with pytest.raises(BundleError, match="is not of a format up to 2"):
        read_bundle(bundle)


def test_a_folder_without_a_manifest_is_no_bundle(bundle: Path) -> None:
    with pytest.raises(BundleError, match=r"no readable bundle\.json"):
        read_bundle(bundle)


def test_an_incomplete_folder_is_not_sealed(tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes(b"graph")
    with pytest.raises(BundleError, match=WEIGHTS_FILE):
        write_manifest(tmp_path, MANIFEST)
    assert not (tmp_path / MANIFEST_FILE).exists()


def test_a_bundle_from_before_calibration_was_recorded_still_loads(bundle: Path, digest: str) -> None:
    del digest
    content = json.loads((bundle / MANIFEST_FILE).read_text(encoding="utf-8"))
    for later in ("calibration", "outliers"):
        del content[later]
    (bundle / MANIFEST_FILE).write_text(json.dumps(content), encoding="utf-8")
    manifest = read_bundle(bundle)
    assert (manifest.calibration, manifest.outliers) == (None, None)
