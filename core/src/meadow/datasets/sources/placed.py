"""Images with the label and the split that their place among folders gives them."""

from collections.abc import Mapping, Sequence

from meadow.datasets.class_layout import ClassLayout
from meadow.datasets.labels import fault_of_label
from meadow.datasets.rejection import Reason, Rejection
from meadow.datasets.sources.model import Candidate
from meadow.image_files.passed_over import PassedOver, PassedOverCounts
from meadow.packs import printable_name


def place_images(
    layout: ClassLayout,
    names: Sequence[str],
    places: Sequence[str],
    origin: str,
    passed_over: Mapping[str, int],
) -> tuple[list[Candidate | Rejection], PassedOverCounts]:
    """Name images by their label; those beside the class folders are passed over.

    Args:
        layout: What the names say.
        names: The images' paths, for people.
        places: Where their source finds them.
        origin: The source.
        passed_over: What was passed over before.

    Returns:
        The images, class by class, those that have no proper label rejected; and what is passed over in all.
    """
    counts = PassedOverCounts(passed_over)
    images: list[Candidate | Rejection] = []
    for label, split, name, place in zip(layout.labels, layout.splits, names, places, strict=True):
        shown = printable_name(name)
        if label is None:
            counts[PassedOver.LOOSE_IMAGE] += 1
        elif fault := fault_of_label(label):
            detail = f"{fault} Name the folder after its class."
            images.append(Rejection(name=shown, label=label, origin=origin, reason=Reason.LABEL_MISSING, detail=detail))
        else:
            images.append(Candidate(shown, label, place, split=split))
    return sorted(images, key=lambda image: (image.label, image.name)), counts
