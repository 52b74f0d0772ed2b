import time
from collections.abc import Callable
from pathlib import Path

import pytest

from meadow.schemas.models import CHALLENGER_ALIAS, PRODUCTION_ALIAS, GateDecision, GateRecord, ModelRef
from meadow_core.bundle.manifest import BUNDLE_FILES, MANIFEST_FILE, MODEL_FILE, BundleError, BundleManifest
from meadow_core.registry.versions import ModelRegistry, RegistryError
from meadow_core.settings import Settings
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS

Register = Callable[..., tuple[ModelRef, Path]]


def test_an_empty_registry_is_no_error(registry: ModelRegistry) -> None:
    assert registry.production() is None
    assert registry.versions() == []


def test_a_version_tells_what_its_bundle_is(
    registry: ModelRegistry, registry_settings: Settings, register: Register, manifest: BundleManifest
) -> None:
    ref, _ = register()
    assert (ref.name, ref.version) == (registry_settings.registered_model, "1")
    [info] = registry.versions()
    assert (info.ref, info.aliases) == (ref, [])
    assert (info.architecture, tuple(info.classes), info.image_size) == ("resnet18", manifest.classes, 64)
    assert (info.dataset_digest, info.holdout_accuracy) == ("d1", 0.91)
    assert info.created_at is not None
    assert info.created_at.tzinfo is not None


def test_versions_come_newest_first_with_their_aliases(registry: ModelRegistry, register: Register) -> None:
    refs = [register(str(number))[0] for number in range(11)]
    registry.set_alias(PRODUCTION_ALIAS, refs[0].version)
    registry.set_alias(CHALLENGER_ALIAS, refs[0].version)
    versions = registry.versions()
    assert [info.ref.version for info in versions] == [str(number) for number in range(11, 0, -1)]
    assert versions[-1].aliases == [CHALLENGER_ALIAS, PRODUCTION_ALIAS]
    assert not any(info.aliases for info in versions[:-1])


def test_production_is_where_the_alias_points(registry: ModelRegistry, register: Register) -> None:
    old, new = register("old")[0], register("new")[0]
    assert registry.production() is None
    for ref in (old, new, old):
        registry.set_alias(PRODUCTION_ALIAS, ref.version)
        production = registry.production()
        assert production
        assert production.ref == ref


def test_a_decision_is_kept_with_its_reason(registry: ModelRegistry, register: Register) -> None:
    ref, _ = register()
    record = GateRecord(
        decision=GateDecision.KEPT, reason="0.91 is not better than 0.93.", champion="7", gain=-0.02, p_value=0.5
    )
    registry.record_decision(ref.version, record)
    [info] = registry.versions()
    assert (info.decision, info.reason) == ("kept", "0.91 is not better than 0.93.")
    assert (info.champion, info.gain, info.p_value) == ("7", -0.02, 0.5)
    registry.record_decision(ref.version, GateRecord(decision=GateDecision.PROMOTED, reason="first"))
    assert registry.version(ref.version) == info.model_copy(
        update={"decision": "promoted", "reason": "first", "champion": "", "gain": None, "p_value": None}
    )


@pytest.mark.parametrize("version", ["2", "0", "-1", "1.0", "latest", "", "9" * 30])
def test_a_version_that_is_not_there_is_none(registry: ModelRegistry, register: Register, version: str) -> None:
    assert registry.version(version) is None
    register()
    assert registry.version(version) is None


def test_a_version_of_others_is_listed_and_known_as_no_bundle(
    registry: ModelRegistry, registry_settings: Settings, tmp_path: Path
) -> None:
    from mlflow import MlflowClient  # noqa: PLC0415 - takes seconds

    client = MlflowClient(registry_settings.mlflow_tracking_uri, registry_settings.mlflow_tracking_uri)
    client.create_registered_model(registry_settings.registered_model)
    client.create_model_version(registry_settings.registered_model, source=str(tmp_path))
    [info] = registry.versions()
    assert (info.ref.digest, info.classes, info.holdout_accuracy) == ("", [], None)


def test_a_bundle_comes_back_whole(registry: ModelRegistry, register: Register, tmp_path: Path) -> None:
    """However the process's own MLflow is set up: the registry is the one that the settings name."""
    ref, folder = register("whole")
    registry.download(ref, tmp_path / "target")
    assert {path.name for path in (tmp_path / "target").iterdir()} == {*BUNDLE_FILES, MANIFEST_FILE}
    assert (tmp_path / "target" / MODEL_FILE).read_bytes() == (folder / MODEL_FILE).read_bytes()
    assert not list(tmp_path.glob("tmp*"))


def test_a_file_that_changed_in_the_store_is_refused(
    registry: ModelRegistry, register: Register, tmp_path: Path
) -> None:
    ref, folder = register()
    (folder / MODEL_FILE).write_bytes(b"another graph")
    with pytest.raises(BundleError, match=MODEL_FILE):
        registry.download(ref, tmp_path / "target")


def test_a_bundle_other_than_the_registered_one_is_refused(
    registry: ModelRegistry, register: Register, tmp_path: Path
) -> None:
    ref, _ = register()
    with pytest.raises(BundleError, match="the registry says 123"):
        registry.download(ref.model_copy(update={"digest": "123"}), tmp_path / "target")


def test_a_model_that_is_no_bundle_is_refused(registry: ModelRegistry, register: Register, tmp_path: Path) -> None:
    ref, _ = register(digest="123")
    with pytest.raises(BundleError, match="is no Meadow bundle: it lacks"):
        registry.download(ref, tmp_path / "target")


def test_what_is_not_registered_is_named(registry: ModelRegistry, register: Register, tmp_path: Path) -> None:
    ref, _ = register()
    with pytest.raises(RegistryError, match="download version 7"):
        registry.download(ref.model_copy(update={"version": "7"}), tmp_path / "target")
    with pytest.raises(RegistryError, match="set alias production"):
        registry.set_alias(PRODUCTION_ALIAS, "7")


def test_artefacts_that_cannot_be_reached_are_an_error_of_the_registry(
    registry: ModelRegistry,
    registry_settings: Settings,
    manifest: BundleManifest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unused_port: int,
) -> None:
    """A keeper that is not told so would end with its thread."""
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", f"http://127.0.0.1:{unused_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    del registry_settings
    ref = registry.register(run_id="", source="s3://bucket/model", model_id=None, manifest=manifest, digest="1")
    with pytest.raises(RegistryError, match=r"Could not download version 1 .*127\.0\.0\.1"):
        registry.download(ref, tmp_path / "target")


def test_a_server_that_is_down_is_told_soon(unused_port: int) -> None:
    registry = ModelRegistry(Settings.model_validate({"mlflow_tracking_uri": f"http://127.0.0.1:{unused_port}"}))
    started = time.monotonic()
    with pytest.raises(RegistryError, match=f"look up alias production at http://127.0.0.1:{unused_port}"):
        registry.production()
    assert time.monotonic() - started < 20
