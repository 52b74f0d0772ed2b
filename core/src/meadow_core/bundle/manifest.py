"""What a bundle says of itself: everything needed to serve it, and the identity of its files."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meadow.errors import MeadowError
from meadow_core.bundle.outliers import EmbeddingOutliers, PixelOutliers
from meadow_core.bundle.preprocess import Preprocessing

FORMAT_VERSION: Literal[2] = 2
"""Of new bundles. Those of format 1, which have no output `embedding`, are served too."""

MODEL_FILE = "model.onnx"
"""The graph: input `images` uint8 [N, size, size, 3] RGB, outputs `logits` float32 [N, classes] and, from format 2 on,
`embedding` float32 [N, D]."""
LOGITS_OUTPUT = "logits"
EMBEDDING_OUTPUT = "embedding"
"""What the last layer turns into logits: pictures of similar things have similar embeddings."""
WEIGHTS_FILE = "weights.safetensors"
"""State of torchvision's network of this architecture or, where it has none of that name, of timm's."""
PROBE_FILE = "probe.npz"
"""A few images and the network's logits for them."""
QUANTIZED_MODEL_FILE = "model.int8.onnx"
"""The graph with 8-bit integer arithmetic; only in bundles whose accuracy it keeps."""
MANIFEST_FILE = "bundle.json"
BUNDLE_FILES = (MODEL_FILE, WEIGHTS_FILE, PROBE_FILE)
"""What every bundle holds beside its manifest."""
TRAINING_EMBEDDINGS_FILE = "training_embeddings.npz"
"""What images of other things and similar images are told by; only in bundles of pretrained networks."""
OPTIONAL_FILES = (QUANTIZED_MODEL_FILE, TRAINING_EMBEDDINGS_FILE)


class BundleError(MeadowError):
    """The bundle cannot be served; the message says why."""


class HoldoutMetrics(BaseModel):
    """How the model did on images it never saw."""

    model_config = ConfigDict(frozen=True)

    accuracy: float
    expected_calibration_error: float
    examples: int
    recall: dict[str, float] = Field(description="Per class.")
    precision: dict[str, float] = Field(description="Per class.")


class Calibration(BaseModel):
    """What temperature and decision threshold were chosen from, and what the threshold led to there."""

    model_config = ConfigDict(frozen=True)

    method: Literal["validation", "cross-fit", "none"]
    images: int = Field(description="Looked at; none of them was trained on by the network that answered it.")
    target_accuracy: float = Field(description="What accepted answers should reach.")
    target_reached: bool = Field(description="Whether the threshold is shown to lead to that, with 95 % confidence.")
    accepted_share: float | None = Field(None, description="Of those images, at or above the threshold.")
    accepted_accuracy: float | None = Field(None, description="Of those at or above the threshold.")


class BundleManifest(BaseModel):
    """The content of `bundle.json`."""

    model_config = ConfigDict(frozen=True)

    format_version: Literal[1, 2] = FORMAT_VERSION
    architecture: str = Field(description="A classification model of torchvision or timm.")
    classes: tuple[str, ...] = Field(min_length=2, description="In the order of the model's outputs.")
    preprocessing: Preprocessing
    temperature: float = Field(1.0, gt=0, description="Logits are divided by it before the softmax (Guo et al. 2017).")
    decision_threshold: float = Field(ge=0, le=1, description="A top probability below it is `unsure`.")
    calibration: Calibration | None = Field(None, description="None in bundles made before it was recorded.")
    outliers: PixelOutliers | EmbeddingOutliers | None = Field(
        None, discriminator="kind", description="Without it, no picture is `unknown`."
    )
    classifier: str | None = Field(
        None, description="Name of the network's last layer, whose input is the embedding. None in format 1."
    )
    dataset_name: str
    dataset_digest: str
    metrics: HoldoutMetrics
    answer_reference: dict[str, int] = Field(
        default_factory=dict, description="Counts of its answers to the hold-out, by which drift is told."
    )
    quantized_accuracy: float | None = Field(None, description="Of the int8 graph, on the same hold-out.")
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    files: dict[str, str] = Field(default_factory=dict, description="sha256 of each file of the bundle.")


def write_manifest(folder: Path, manifest: BundleManifest) -> str:
    """Seal a folder that holds the bundle's files: record their digests and write `bundle.json`.

    Returns:
        The bundle's digest.

    Raises:
        BundleError: A file is missing.
    """
    missing = [name for name in BUNDLE_FILES if not (folder / name).is_file()]
    if missing:
        raise BundleError(f"The bundle in {folder} lacks {', '.join(missing)}.")
    present = (*BUNDLE_FILES, *(name for name in OPTIONAL_FILES if (folder / name).is_file()))
    files = {name: file_digest(folder / name) for name in present}
    sealed = manifest.model_copy(update={"files": files})
    (folder / MANIFEST_FILE).write_text(sealed.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return bundle_digest(folder)


def bundle_digest(folder: Path) -> str:
    """Identity of a bundle: sha256 of its `bundle.json`, which holds the digest of every other file."""
    return file_digest(folder / MANIFEST_FILE)


def read_bundle(folder: Path, *, expected_digest: str | None = None) -> BundleManifest:
    """Read a bundle and verify every file.

    Args:
        folder: Holds `bundle.json` and the files it names.
        expected_digest: What the registry says the bundle's digest is.

    Raises:
        BundleError: A file is missing or is not the one that was trained, or the format is not known.
    """
    try:
        manifest = BundleManifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except OSError as error:
        raise BundleError(f"There is no readable {MANIFEST_FILE} in {folder}.") from error
    except ValidationError as error:
        raise BundleError(f"{MANIFEST_FILE} in {folder} is not of a format up to {FORMAT_VERSION}: {error}") from error
    actual = bundle_digest(folder)
    if expected_digest is not None and actual != expected_digest:
        raise BundleError(f"The bundle in {folder} has digest {actual}, the registry says {expected_digest}.")
    for name in dict.fromkeys((*BUNDLE_FILES, *manifest.files)):
        if name not in {*BUNDLE_FILES, *OPTIONAL_FILES}:
            raise BundleError(f"The bundle in {folder} names {name!r}, which is no file of a bundle.")
        if not (folder / name).is_file():
            raise BundleError(f"The bundle in {folder} lacks {name}.")
        if file_digest(folder / name) != manifest.files.get(name):
            raise BundleError(f"{name} in {folder} is not the file that was trained: its digest differs.")
    return manifest


def file_digest(path: Path) -> str:
    """Return a file's sha256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
