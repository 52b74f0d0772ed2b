"""Images with the label and the split that their place among folders gives them."""

from collections.abc import Iterable, Mapping, Sequence

from meadow.image_files.passed_over import PassedOver, PassedOverCounts
from meadow.packs import printable_name
from meadow.schemas.ingestion import SplitFolders
from meadow.schemas.rejection import Reason
from meadow_core.datasets.class_layout import read_layout
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.labels import fault_of_label
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.model import Candidate


class PlacedImages:
    """The images of a source, by their label; those beside the class folders are passed over."""

    def __init__(
        self,
        names: Sequence[str],
        places: Sequence[str],
        *,
        origin: str,
        passed_over: Mapping[str, int],
        split_folders: SplitFolders,
        unwrap: bool,
    ) -> None:
        """Read what the names say.

        Args:
            names: The images' paths from the data set's folder, with `/`.
            places: Where their source finds them.
            origin: The source.
            passed_over: What was passed over before.
            split_folders: What becomes of folders such as `train` and `test`.
            unwrap: Whether a single folder around the class folders is passed through.
        """
        layout = read_layout(names, split_folders=split_folders, unwrap=unwrap)
        self.notes = list(layout.notes)
        self.passed_over = PassedOverCounts(passed_over)
        self.images: list[Candidate | Rejection] = []
        for label, split, name, place in zip(layout.labels, layout.splits, names, places, strict=True):
            shown = printable_name(name)
            if label is None:
                self.passed_over[PassedOver.LOOSE_IMAGE] += 1
            elif fault := fault_of_label(label):
                detail = f"{fault} Name the folder after its class."
                self.images.append(
                    Rejection(name=shown, label=label, origin=origin, reason=Reason.LABEL_MISSING, detail=detail)
                )
            else:
                self.images.append(Candidate(shown, label, place, split=split))
        self.images.sort(key=lambda image: (image.label, image.name))

    def require_classes(self, minimum: int, where: str) -> None:
        """Check that there are enough classes.

        Raises:
            DatasetError: There are not; the message says what there is instead.
        """
        classes = {image.label for image in self.images if isinstance(image, Candidate)}
        if len(classes) < minimum:
            raise DatasetError(_too_few_classes(where, classes, minimum, self.passed_over))


def _too_few_classes(where: str, classes: Iterable[str], minimum: int, passed_over: PassedOverCounts) -> str:
    found = ", ".join(sorted(classes)) or "none"
    return (
        f"{where} has too few classes ({found}); a classifier needs at least {minimum}, each a sub-folder of images. "
        f"{passed_over.sentence}"
    ).strip()
