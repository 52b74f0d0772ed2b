"""Model versions in MLflow's registry, as Meadow's services see them."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from meadow.errors import MeadowError
from meadow.schemas.models import PRODUCTION_ALIAS, GateRecord, ModelInfo, ModelRef
from meadow.schemas.promotion import Promotion
from meadow_core import names
from meadow_core.bundle.manifest import (
    BUNDLE_FILES,
    MANIFEST_FILE,
    OPTIONAL_FILES,
    BundleError,
    BundleManifest,
    read_bundle,
)
from meadow_core.registry.tags import decision_tags, promotion_tag
from meadow_core.settings.stores import RegistrySettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Callers retry on their own; MLflow's default keeps a dead server's callers waiting for minutes.
HTTP_LIMITS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}

MAX_TAG_CHARACTERS = 5_000
"""MLflow's limit. A thousand classes come close to it; drift is then not told."""

SCRATCH_PREFIX = ".download-"
"""Of the folder, beside its target, that a version is downloaded to."""

_ABSENT = "RESOURCE_DOES_NOT_EXIST"
_VERSION = re.compile("[1-9][0-9]{0,8}")


class RegistryError(MeadowError):
    """The registry cannot be reached or does not hold what was asked for; the message says which."""


def import_mlflow() -> None:
    """Import MLflow ahead of the first call, which would wait for it."""
    from mlflow import MlflowClient  # noqa: F401, PLC0415 - see the class


class ModelRegistry:
    """Reads and marks versions of the registered model. MLflow is imported at the first call: it takes seconds."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._uri = settings.mlflow_tracking_uri
        self._name = settings.registered_model

    def production(self) -> ModelInfo | None:
        """Return the version under the `production` alias; None when there is none yet."""
        return self._by_alias(PRODUCTION_ALIAS)

    def versions(self) -> list[ModelInfo]:
        """Return all versions, newest first."""
        with self._errors("list the versions"):
            found = self._client.search_model_versions(f"name = '{self._name}'", order_by=["version_number DESC"])
            aliases = self._aliases() if found else {}
        return [_to_info(version, aliases.get(str(version.version), [])) for version in found]

    def version(self, version: str) -> ModelInfo | None:
        """Return one version; None when there is none of that number."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see the class

        if not _VERSION.fullmatch(version):
            return None
        with self._errors(f"read version {version}"):
            try:
                found = self._client.get_model_version(self._name, version)
            except MlflowException as error:
                if error.error_code == _ABSENT:
                    return None
                raise
            return _to_info(found, self._aliases().get(str(found.version), []))

    def version_of_run(self, run_id: str) -> ModelRef | None:
        """Return the newest version that an MLflow run has registered; None when it has registered none."""
        with self._errors(f"look up the versions of run {run_id}"):
            found = self._client.search_model_versions(
                f"name = '{self._name}' and run_id = '{run_id}'", order_by=["version_number DESC"]
            )
        return _to_info(found[0], []).ref if found else None

    def answer_reference(self, ref: ModelRef) -> dict[str, int]:
        """Return the counts of a version's answers to its hold-out; empty when it carries none."""
        with self._errors(f"read version {ref.version}"):
            tags: dict[str, str] = self._client.get_model_version(self._name, ref.version).tags
        counts: dict[str, int] = json.loads(tags.get(names.ANSWER_REFERENCE_TAG, "{}"))
        return counts

    def promotions(self) -> list[Promotion]:
        """Return the changes of production, oldest first."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see the class

        with self._errors("read the promotions"):
            try:
                tags: dict[str, str] = self._client.get_registered_model(self._name).tags
            except MlflowException as error:
                if error.error_code == _ABSENT:
                    return []
                raise
        return [
            Promotion.model_validate_json(value)
            for tag, value in sorted(tags.items())
            if tag.startswith(names.PROMOTION_TAG_PREFIX)
        ]

    def add_promotion(self, promotion: Promotion) -> None:
        """Write down a change of production."""
        with self._errors("record the promotion"):
            self._client.set_registered_model_tag(self._name, promotion_tag(promotion), promotion.model_dump_json())

    def remove_promotion(self, promotion: Promotion) -> None:
        """Strike out a change that did not come about."""
        with self._errors("strike out the promotion"):
            self._client.delete_registered_model_tag(self._name, promotion_tag(promotion))

    def register(
        self, *, run_id: str, source: str, model_id: str | None, manifest: BundleManifest, digest: str
    ) -> ModelRef:
        """Register a logged model as a new version, with what services need to know of it as tags.

        Args:
            run_id: The MLflow run that logged it.
            source: Where the run logged it.
            model_id: MLflow's id of the logged model.
            manifest: The bundle's manifest.
            digest: The bundle's digest.
        """
        tags = {
            names.BUNDLE_DIGEST_TAG: digest,
            names.DATASET_DIGEST_TAG: manifest.dataset_digest,
            names.ARCHITECTURE_TAG: manifest.architecture,
            names.CLASSES_TAG: json.dumps(manifest.classes),
            names.IMAGE_SIZE_TAG: str(manifest.preprocessing.size),
            names.HOLDOUT_ACCURACY_TAG: repr(manifest.metrics.accuracy),
        }
        reference = json.dumps(manifest.answer_reference)
        if len(reference) <= MAX_TAG_CHARACTERS:
            tags[names.ANSWER_REFERENCE_TAG] = reference
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see the class

        with self._errors("register the model"):
            try:
                self._client.create_registered_model(self._name)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            version = self._client.create_model_version(
                self._name, source=source, run_id=run_id, model_id=model_id, tags=tags
            )
        return ModelRef(name=self._name, version=str(version.version), digest=digest)

    def set_alias(self, alias: str, version: str) -> None:
        """Point an alias at a version; for `production` use `Production`, which checks and keeps a history."""
        with self._errors(f"set alias {alias}"):
            self._client.set_registered_model_alias(self._name, alias, version)

    def record_decision(self, version: str, record: GateRecord) -> None:
        """Write on a version what was decided about it, and why."""
        with self._errors("record the decision"):
            for tag, value in decision_tags(record).items():
                self._client.set_model_version_tag(self._name, version, tag, value)

    def download(self, ref: ModelRef, target: Path) -> None:
        """Download a version's bundle into a new folder and verify it.

        Raises:
            RegistryError: The version cannot be downloaded.
            BundleError: What came is not what was registered.
        """
        from mlflow.artifacts import download_artifacts  # noqa: PLC0415 - see the class

        with tempfile.TemporaryDirectory(dir=target.parent, prefix=SCRATCH_PREFIX) as scratch:
            with self._errors(f"download version {ref.version}"):
                # Not `models:/name/version`: MLflow looks that up in the process's own registry, whatever it is told.
                location = self._client.get_model_version_download_uri(ref.name, ref.version)
                folder = Path(download_artifacts(location, dst_path=scratch, tracking_uri=self._uri))
            target.mkdir()
            for name in (*BUNDLE_FILES, *OPTIONAL_FILES, MANIFEST_FILE):
                places = (folder / name, folder / names.EXTRA_FILES_FOLDER / name)
                found = next((place for place in places if place.is_file()), None)
                if found is not None:
                    shutil.move(found, target / name)
                elif name not in OPTIONAL_FILES:
                    raise BundleError(f"Version {ref.version} of {ref.name} is no Meadow bundle: it lacks {name}.")
        read_bundle(target, expected_digest=ref.digest)

    def download_file(self, ref: ModelRef, name: str, target: Path) -> Path:
        """Download one file of a version's bundle, other than the graph, into a folder; its digest is not checked.

        Raises:
            BundleError: The version has no such file.
            RegistryError: The version or the file cannot be downloaded.
        """
        from mlflow.artifacts import download_artifacts, list_artifacts  # noqa: PLC0415 - see the class

        with self._errors(f"download {name} of version {ref.version}"):
            location = self._client.get_model_version_download_uri(ref.name, ref.version)
            folder = f"{location.rstrip('/')}/{names.EXTRA_FILES_FOLDER}"
            there = list_artifacts(folder, tracking_uri=self._uri)
            if name not in {PurePosixPath(one.path).name for one in there}:
                raise BundleError(f"The files of version {ref.version} of {ref.name} lack {name}.")
            return Path(download_artifacts(f"{folder}/{name}", dst_path=str(target), tracking_uri=self._uri))

    @cached_property
    def _client(self) -> "MlflowClient":
        from mlflow import MlflowClient  # noqa: PLC0415 - see the class

        for variable, value in HTTP_LIMITS.items():
            os.environ.setdefault(variable, value)
        return MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)

    def _by_alias(self, alias: str) -> ModelInfo | None:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see the class

        with self._errors(f"look up alias {alias}"):
            try:
                version = self._client.get_model_version_by_alias(self._name, alias)
            except MlflowException as error:
                if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                    return None
                raise
        return _to_info(version, [alias])

    def _aliases(self) -> dict[str, list[str]]:
        """Return version -> aliases; search results do not carry them."""
        by_version: dict[str, list[str]] = {}
        for alias, version in self._client.get_registered_model(self._name).aliases.items():
            by_version.setdefault(str(version), []).append(alias)
        return by_version

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see the class

        try:
            yield
        # MLflow passes on what boto3 raises when artefacts come from S3 directly.
        except (MlflowException, OSError, BotoCoreError, ClientError) as error:
            raise RegistryError(f"Could not {doing} at {self._uri}: {error}") from error


def _to_info(version: Any, aliases: list[str]) -> ModelInfo:  # noqa: ANN401 - MLflow is not typed
    tags: dict[str, str] = version.tags
    return ModelInfo(
        ref=ModelRef(name=version.name, version=str(version.version), digest=tags.get(names.BUNDLE_DIGEST_TAG, "")),
        aliases=sorted(aliases),
        architecture=tags.get(names.ARCHITECTURE_TAG, ""),
        classes=json.loads(tags.get(names.CLASSES_TAG, "[]")),
        image_size=int(tags.get(names.IMAGE_SIZE_TAG, 0)),
        dataset_digest=tags.get(names.DATASET_DIGEST_TAG, ""),
        holdout_accuracy=_number(tags.get(names.HOLDOUT_ACCURACY_TAG)),
        created_at=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
        run_id=version.run_id,
        decision=tags.get(names.DECISION_TAG, ""),
        reason=tags.get(names.DECISION_REASON_TAG, ""),
        champion=tags.get(names.DECISION_CHAMPION_TAG, ""),
        gain=_number(tags.get(names.DECISION_GAIN_TAG)),
        p_value=_number(tags.get(names.DECISION_P_VALUE_TAG)),
    )


def _number(tag: str | None) -> float | None:
    return float(tag) if tag else None
