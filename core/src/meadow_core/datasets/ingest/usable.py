"""Whether what is left makes a version that is worth publishing."""

from collections import Counter

from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.minimums import MINIMUM_CLASSES, MINIMUM_PER_CLASS
from meadow.schemas.rejection import Reason
from meadow_core.datasets.ingest.reading import IngestCandidates
from meadow_core.datasets.labels import twins
from meadow_core.datasets.sources.model import CORRECTIONS_TITLE


def fault_of(candidates: IngestCandidates, manifest: DatasetManifest, max_failed: float) -> str:
    """Say in a sentence why a version is not to be published; empty if it is.

    Args:
        candidates: What the sources gave.
        manifest: What is left of that.
        max_failed: The share of a source's images that may be unreachable or unreadable, 0 to 1.
    """
    return _failed_source(candidates, max_failed) or _lost_class(candidates, manifest)


def class_notes(manifest: DatasetManifest) -> list[str]:
    """Say which classes cannot be trained on, and which are likely one; in sentences for people."""
    notes = []
    counts = Counter(entry.label for entry in manifest.entries)
    small = [f"{label} ({counts[label]})" for label in manifest.classes if counts[label] < MINIMUM_PER_CLASS]
    if small:
        notes.append(
            f"{len(small)} of {len(counts)} classes are too small to train on (at least {MINIMUM_PER_CLASS} each): "
            f"{', '.join(small)}. Add images, or take these classes out."
        )
    notes += (
        f"{' and '.join(map(repr, group))} are different classes, though they read alike. If they are one, give their "
        "folders the same name and publish again."
        for group in twins(manifest.classes)
    )
    return notes


def _failed_source(candidates: IngestCandidates, max_failed: float) -> str:
    for source in candidates.sources:
        failed = [each for each in candidates.rejected if each.origin == source.title and each.reason.is_failure]
        if len(failed) > max_failed * source.named:
            detail, count = Counter(each.detail for each in failed).most_common(1)[0]
            return (
                f"{len(failed)} of {source.named} images of {source.title} could not be read, "
                f"more than the {max_failed:.0%} that may. {count} of them: {detail}"
            )
    return ""


def _lost_class(candidates: IngestCandidates, manifest: DatasetManifest) -> str:
    """Look for a class that nothing is left of, unless only corrections name it or people corrected it away."""
    named = [each for each in candidates.rejected if each.origin != CORRECTIONS_TITLE]
    wanted = {each.label for each in named if each.reason is not Reason.LABEL_MISSING}
    wanted |= {image.assertion.label for image in candidates.images if not image.assertion.corrected}
    corrected_away = {each.label for each in named if each.reason is Reason.CORRECTED}
    missing = sorted(wanted - corrected_away - set(manifest.classes))
    if missing:
        details = Counter(each.detail for each in named if each.label in missing)
        why = "".join(f" {count} of them: {detail}" for detail, count in details.most_common(1))
        return f"No usable image is left in class {', '.join(missing)}.{why}"
    if len(manifest.classes) < MINIMUM_CLASSES:
        found = ", ".join(manifest.classes) or "none"
        return f"There are too few classes ({found}); a classifier needs at least {MINIMUM_CLASSES}."
    return ""
