"""Deciding which of the readable images make the version: one for each motif, and none whose label is in dispute."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from meadow.datasets.ingest.claims import Claim, Picture
from meadow.datasets.ingest.look import NEAR_BITS
from meadow.datasets.ingest.near_pairs import near_pairs
from meadow.datasets.manifest import DatasetEntry
from meadow.datasets.rejection import Reason, Rejection

NEW_CLASS_IMAGES = 8
"""Corrections open a new class once there are so many of it: a class of one image could not be trained."""

LooksAlike = Callable[[str, str], bool]
"""Compares two images, by their sha256, more closely than their hashes do."""


@dataclass(frozen=True)
class Settlement:
    """Which images make the version, and which do not."""

    entries: tuple[DatasetEntry, ...]
    rejected: tuple[Rejection, ...]


def settle(pictures: Iterable[Picture], looks_alike: LooksAlike) -> Settlement:
    """Decide for every image.

    Copies of one motif stand or fall together. Where their labels agree, one of them is taken: one that is in the
    version already, else the largest, so that the order of the sources decides nothing. Where a person corrected the
    label of any of them, that label counts alone, and for all of them. Where labels differ, none is taken.

    Args:
        pictures: The images, by content: no two of them are the same bytes.
        looks_alike: Asked about pairs whose hashes are near.
    """
    entries: list[DatasetEntry] = []
    rejected: list[Rejection] = []
    found = list(_without_unknown_classes(pictures, rejected))
    for motif in _motifs(found, looks_alike):
        claims = [claim for picture in motif for claim in picture.claims]
        # A correction that is made now counts for more than one that the version has from before.
        decided = [claim for claim in claims if claim.corrected and not claim.kept]
        decided = decided or [claim for claim in claims if claim.corrected]
        labels = sorted({claim.label for claim in decided or claims})
        if len(labels) == 1:
            _take(motif, labels[0], corrected=bool(decided), entries=entries, rejected=rejected)
        else:
            rejected.extend(_disputed(claim, claims) for claim in claims)
    return Settlement(tuple(entries), tuple(rejected))


def _take(
    motif: list[Picture], label: str, *, corrected: bool, entries: list[DatasetEntry], rejected: list[Rejection]
) -> None:
    # What a person says of a copy holds for the motif: the image stays the one it was, and so does its split.
    taken = min(motif, key=lambda picture: (not picture.is_kept, -picture.area, picture.sha256))
    chosen = next((claim for claim in taken.claims if claim.label == label), taken.claims[0])
    entries.append(
        DatasetEntry(sha256=taken.sha256, label=label, source=chosen.name, look=taken.bits.hex(), corrected=corrected)
    )
    for picture in motif:
        for claim in picture.claims:
            right = picture is taken and claim.label == label
            # A source that names again what is in the version already is right, not rejected.
            if not right or not (claim is chosen or chosen.kept):
                rejected.append(_superfluous(claim, chosen, label))


def _superfluous(claim: Claim, chosen: Claim, label: str) -> Rejection:
    same = claim.sha256 == chosen.sha256
    if claim.label != label:
        return _rejection(claim, Reason.CORRECTED, f"a person corrected its label to {label}", chosen.sha256)
    if same:
        return _rejection(claim, Reason.DUPLICATE, f"the same image as {chosen.name}", chosen.sha256)
    return _rejection(claim, Reason.NEAR_DUPLICATE, f"a copy of {chosen.name}, or nearly so", chosen.sha256)


def _disputed(claim: Claim, claims: list[Claim]) -> Rejection:
    other = next(other for other in claims if other.label != claim.label)
    likeness = "the same image as" if other.sha256 == claim.sha256 else "a copy, or nearly so, of"
    detail = f"{likeness} {other.name}, which is labelled {other.label}; neither is taken"
    return _rejection(claim, Reason.CONFLICTING_LABELS, detail, other.sha256)


def _without_unknown_classes(pictures: Iterable[Picture], rejected: list[Rejection]) -> Iterator[Picture]:
    """Drop the corrections to classes that the data set does not have, unless there are enough of a new one."""
    found = list(pictures)
    claims = [claim for picture in found for claim in picture.claims]
    known = {claim.label for claim in claims if not claim.corrected or claim.kept}
    if not known:
        known = {claim.label for claim in claims if not claim.new_class}
    new = Counter(claim.label for claim in claims if claim.new_class)
    for picture in found:
        stays = []
        for claim in picture.claims:
            if claim.label in known or (claim.new_class and new[claim.label] >= NEW_CLASS_IMAGES):
                stays.append(claim)
            else:
                rejected.append(_rejection(claim, Reason.UNKNOWN_CLASS, _why_unknown(claim, new[claim.label])))
        picture.claims = stays
        if stays:
            yield picture


def _why_unknown(claim: Claim, count: int) -> str:
    if claim.new_class:
        return f"class {claim.label} is new and has {count} image(s) so far; it joins with {NEW_CLASS_IMAGES}"
    return f"the data set has no class {claim.label}"


def _motifs(pictures: list[Picture], looks_alike: LooksAlike) -> Iterator[list[Picture]]:
    """Group the images that are copies of one another; most are a group of their own."""
    leaders = list(range(len(pictures)))

    def leader_of(place: int) -> int:
        while leaders[place] != place:
            leaders[place] = leaders[leaders[place]]
            place = leaders[place]
        return place

    for first, second in near_pairs([picture.bits for picture in pictures], NEAR_BITS):
        one, other = leader_of(first), leader_of(second)
        if one != other and looks_alike(pictures[first].sha256, pictures[second].sha256):
            leaders[max(one, other)] = min(one, other)
    groups: dict[int, list[Picture]] = {}
    for place, picture in enumerate(pictures):
        groups.setdefault(leader_of(place), []).append(picture)
    yield from groups.values()


def _rejection(claim: Claim, reason: Reason, detail: str, twin: str = "") -> Rejection:
    return Rejection(
        name=claim.name,
        label=claim.label,
        origin=claim.origin,
        reason=reason,
        detail=detail,
        sha256=claim.sha256,
        twin=twin,
    )
