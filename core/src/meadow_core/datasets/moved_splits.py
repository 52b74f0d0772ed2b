"""Images that change sides, so that every class has some on both."""

from collections import defaultdict
from collections.abc import Mapping

from meadow.schemas.minimums import MINIMUM_HOLDOUT, MINIMUM_TRAIN
from meadow.schemas.split import Split, content_rank, split_of


def moved_splits(labels: Mapping[str, str], given: Mapping[str, Split]) -> dict[str, Split]:
    """Tell which images are not in the split of their content, so that every class has images on both sides.

    A class of two images or more gets one in the hold-out, and one of three or more two to train on: those whose
    content is nearest to the other side. Images whose split is given stay where they are.

    Args:
        labels: The label of each image, by sha256.
        given: Splits that are settled, by sha256: of an earlier version, or of the data set as it came.
    """
    of_class: dict[str, list[str]] = defaultdict(list)
    for sha256, label in labels.items():
        of_class[label].append(sha256)
    moved: dict[str, Split] = {}
    for images in of_class.values():
        movable = sorted(
            (image for image in images if image not in given), key=lambda image: (content_rank(image), image)
        )
        split = {image: given.get(image) or split_of(image) for image in images}
        holdout = sum(each is Split.HOLDOUT for each in split.values())
        wanted = min(MINIMUM_HOLDOUT, len(images) - 1)
        to_holdout = [image for image in movable if split[image] is Split.TRAIN][: max(0, wanted - holdout)]
        most = max(wanted, len(images) - MINIMUM_TRAIN)
        to_train = [image for image in reversed(movable) if split[image] is Split.HOLDOUT][: max(0, holdout - most)]
        moved |= dict.fromkeys(to_holdout, Split.HOLDOUT) | dict.fromkeys(to_train, Split.TRAIN)
    settled = {image: split for image, split in given.items() if image in labels and split is not split_of(image)}
    return moved | settled
