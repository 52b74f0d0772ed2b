"""Deciding which of the readable images make the version: no copies, and none whose label is in dispute."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.ingestion import NearDuplicates
from meadow.schemas.minimums import MINIMUM_PER_CLASS, NEW_CLASS_IMAGES
from meadow.schemas.rejection import Reason
from meadow.schemas.split import Split
from meadow_core.datasets.ingest.assertions import ImageGroup, LabelAssertion
from meadow_core.datasets.ingest.near_groups import Correlate, NearGroup, each_alone, group_near
from meadow_core.datasets.moved_splits import moved_splits
from meadow_core.datasets.rejection import Rejection

MANY_IMAGES = 20
"""Fewer images than these say nothing of how a data set was taken."""
MANY_DISPUTED = 0.1
"""Share of the images: so many labels are not wrong by mistake, so looking alike says nothing of this data set."""
MANY_DROPPED = 0.2
"""Share of the images that are left out as near duplicates, from which on it is told how to keep them."""


@dataclass(frozen=True)
class DedupResult:
    """Which images make the version, and which do not."""

    entries: tuple[DatasetEntry, ...]
    rejected: tuple[Rejection, ...]
    given_splits: dict[str, Split]
    """By sha256, for images that came with one."""
    notes: tuple[str, ...] = ()
    """What to know of that, in sentences for people."""

    def split_entries(self, before: DatasetManifest | None = None) -> tuple[DatasetEntry, ...]:
        """Give every class images on both sides; what is in the version before, or came with a split, stays in it."""
        settled = {entry.sha256: entry.split for entry in before.entries} if before else {}
        moved = moved_splits({entry.sha256: entry.label for entry in self.entries}, settled | self.given_splits)
        return tuple(
            entry.model_copy(update={"moved_to": moved[entry.sha256]}) if entry.sha256 in moved else entry
            for entry in self.entries
        )


def deduplicate(
    images: Iterable[ImageGroup], correlate: Correlate, near_duplicates: NearDuplicates = NearDuplicates.AUTO
) -> DedupResult:
    """Decide for every image.

    Copies of one image stand or fall together. Where their labels agree, one of them is taken: see `group_near`. Where
    a person corrected the label of any of them, that label counts alone, and for all of them. Where labels differ, none
    is taken.

    Args:
        images: By content: no two of them are the same bytes.
        correlate: Asked about pairs whose hashes are near.
        near_duplicates: What becomes of images that look nearly the same.
    """
    unknown: list[Rejection] = []
    known = list(_without_unknown_classes(images, unknown))
    if near_duplicates is NearDuplicates.KEEP:
        return _decide(each_alone(known), unknown)
    dropped = _decide(group_near(known, correlate), unknown)
    reason = _reason_to_keep(dropped, known)
    if near_duplicates is NearDuplicates.AUTO and reason:
        note = (
            f"{reason}, as under a fixed camera, so near duplicates were kept. Images that are alike may be on both "
            "sides of the hold-out, which then flatters the model. To leave them out: --near-duplicates drop."
        )
        return replace(_decide(each_alone(known), unknown), notes=(note,))
    near = sum(each.reason is Reason.NEAR_DUPLICATE for each in dropped.rejected)
    if reason or near > max(MANY_IMAGES, MANY_DROPPED * len(known)):
        note = f"{reason or f'{near:,} of {len(known):,} images look nearly the same as others'}, and were left out."
        return replace(dropped, notes=(f"{note} To take them: --near-duplicates keep.",))
    return dropped


def _decide(groups: Iterable[NearGroup], rejected: Sequence[Rejection]) -> DedupResult:
    entries: list[DatasetEntry] = []
    left_out = list(rejected)
    splits: dict[str, Split] = {}
    for group in groups:
        assertions = [assertion for image in group.images for assertion in image.assertions]
        # A correction that is made now counts for more than one that the version has from before.
        decided = [assertion for assertion in assertions if assertion.corrected and not assertion.kept]
        decided = decided or [assertion for assertion in assertions if assertion.corrected]
        labels = {assertion.label for assertion in decided or assertions}
        if len(labels) > 1:
            left_out.extend(_disputed(group))
            continue
        # What a person says of a copy holds for the image, which stays the one it was, and so does its split.
        entry, superfluous = _take(group, labels.pop(), corrected=bool(decided))
        entries.append(entry)
        left_out.extend(superfluous)
        if given := [each.split for each in group.representative.assertions if each.split]:
            splits[entry.sha256] = Split.HOLDOUT if Split.HOLDOUT in given else Split.TRAIN
    return DedupResult(tuple(entries), tuple(left_out), splits)


def _take(group: NearGroup, label: str, *, corrected: bool) -> tuple[DatasetEntry, list[Rejection]]:
    taken = group.representative
    chosen = next((assertion for assertion in taken.assertions if assertion.label == label), taken.assertions[0])
    entry = DatasetEntry(
        sha256=taken.sha256, label=label, source=chosen.name, look=taken.bits.hex(), corrected=corrected
    )
    likeness = {other.image.sha256: other.likeness for other in group.others}
    superfluous = []
    for image in group.images:
        for assertion in image.assertions:
            right = image is taken and assertion.label == label
            # A source that names again what is in the version already is right, not rejected.
            if right and (assertion is chosen or chosen.kept):
                continue
            if assertion.label != label:
                reason, detail = Reason.CORRECTED, f"a person corrected its label to {label}"
            elif image is taken:
                reason, detail = Reason.DUPLICATE, f"the same image as {chosen.name}"
            else:
                reason = Reason.NEAR_DUPLICATE
                detail = f"nearly the same image as {chosen.name}: {likeness[image.sha256]}"
            superfluous.append(_rejection(assertion, reason, detail, taken.sha256))
    return entry, superfluous


def _disputed(group: NearGroup) -> Iterator[Rejection]:
    """Say of each image which one it is in dispute with, and why."""
    likeness = {other.image.sha256: other.likeness for other in group.others}
    assertions = [assertion for image in group.images for assertion in image.assertions]
    for assertion in assertions:
        # With the same bytes if there are such; else with the representative, or of that with what is most like it.
        rivals = [other for other in assertions if other.label != assertion.label]
        rival = min(rivals, key=lambda other: other.sha256 != assertion.sha256)
        if rival.sha256 == assertion.sha256:
            how = f"the same image as {rival.name}, which is labelled {rival.label}"
        else:
            near = likeness.get(assertion.sha256) or likeness[rival.sha256]
            how = f"nearly the same image as {rival.name}, which is labelled {rival.label}: {near}"
        yield _rejection(assertion, Reason.CONFLICTING_LABELS, f"{how}; neither is taken", rival.sha256)


def _reason_to_keep(dropped: DedupResult, images: Sequence[ImageGroup]) -> str:
    """Say in a clause why near duplicates are no copies in this data set; empty if they may be."""
    disputed = sum(
        rejection.reason is Reason.CONFLICTING_LABELS and rejection.twin != rejection.sha256
        for rejection in dropped.rejected
    )
    if disputed >= max(MANY_IMAGES, MANY_DISPUTED * len(images)):
        return f"{disputed:,} of {len(images):,} images look nearly the same as images of other classes"
    before = Counter(label for image in images for label in {assertion.label for assertion in image.assertions})
    after = Counter(entry.label for entry in dropped.entries)
    lost = sorted(label for label in before if before[label] >= MANY_IMAGES and after[label] < MINIMUM_PER_CLASS)
    return f"Nearly all images of {', '.join(lost)} look the same" if lost else ""


def _without_unknown_classes(images: Iterable[ImageGroup], rejected: list[Rejection]) -> Iterator[ImageGroup]:
    """Drop the corrections to classes that the data set does not have, unless there are enough of a new one."""
    found = list(images)
    assertions = [assertion for image in found for assertion in image.assertions]
    known = {assertion.label for assertion in assertions if not assertion.corrected or assertion.kept}
    if not known:
        known = {assertion.label for assertion in assertions if not assertion.new_class}
    new = Counter(assertion.label for assertion in assertions if assertion.new_class)
    for image in found:
        stays = []
        for assertion in image.assertions:
            if assertion.label in known or (assertion.new_class and new[assertion.label] >= NEW_CLASS_IMAGES):
                stays.append(assertion)
            else:
                why = _why_unknown(assertion, new[assertion.label])
                rejected.append(_rejection(assertion, Reason.UNKNOWN_CLASS, why))
        image.assertions = stays
        if stays:
            yield image


def _why_unknown(assertion: LabelAssertion, count: int) -> str:
    if assertion.new_class:
        return f"class {assertion.label} is new and has {count} image(s) so far; it joins with {NEW_CLASS_IMAGES}"
    return f"the data set has no class {assertion.label}"


def _rejection(assertion: LabelAssertion, reason: Reason, detail: str, twin: str = "") -> Rejection:
    return Rejection(
        name=assertion.name,
        label=assertion.label,
        origin=assertion.origin,
        reason=reason,
        detail=detail,
        sha256=assertion.sha256,
        twin=twin,
    )
