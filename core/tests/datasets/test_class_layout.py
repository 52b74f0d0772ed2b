import pytest

from meadow.schemas.ingestion import SplitFolders
from meadow.schemas.split import Split
from meadow_core.datasets.class_layout import ClassLayout, read_layout


def layout(*paths: str, split_folders: SplitFolders = SplitFolders.MERGE, unwrap: bool = True) -> ClassLayout:
    return read_layout(paths, split_folders=split_folders, unwrap=unwrap)


def test_folder_names_the_class_however_deep_the_image_is() -> None:
    found = layout("grass/a.jpg", "moss/wet/b.jpg", "loose.jpg")
    assert list(found.labels) == ["grass", "moss", None]
    assert not found.notes


SPLIT = ("train/grass/a.jpg", "train/moss/b.jpg", "val/grass/c.jpg", "test/moss/d.jpg")


def test_split_folders_are_merged_with_a_note() -> None:
    found = layout(*SPLIT)
    assert list(found.labels) == ["grass", "moss", "grass", "moss"]
    assert set(found.splits) == {None}
    assert found.notes == [
        "The folders train, val, test hold the same classes: they were merged, and the hold-out is Meadow's own."
    ]


def test_test_folder_is_the_hold_out_when_splits_are_kept() -> None:
    found = layout(*SPLIT, split_folders=SplitFolders.KEEP)
    assert list(found.splits) == [Split.TRAIN, Split.TRAIN, Split.TRAIN, Split.HOLDOUT]
    assert found.notes == ["The folders train, val, test hold the same classes: the hold-out is test, as given."]


def test_validation_folder_is_the_hold_out_where_there_is_no_test_folder() -> None:
    found = layout("Training/a/1.jpg", "Validation/a/2.jpg", split_folders=SplitFolders.KEEP)
    assert list(found.splits) == [Split.TRAIN, Split.HOLDOUT]


@pytest.mark.parametrize(
    "names",
    [("train", "valid"), ("TRAIN", "Test"), ("lawns_train", "lawns_val"), ("train_images", "test_images"),
     ("training_set", "test_set"), ("train", "dev"), ("train", "holdout")],
)  # fmt: skip
def test_usual_names_of_split_folders_are_recognised(names: tuple[str, str]) -> None:
    found = layout(f"{names[0]}/grass/a.jpg", f"{names[0]}/moss/a.jpg", f"{names[1]}/grass/b.jpg")
    assert list(found.labels) == ["grass", "moss", "grass"]


@pytest.mark.parametrize(
    "paths",
    [
        ("train/a.jpg", "bus/b.jpg"),
        ("train/a.jpg", "test/b.jpg"),
        ("train/old/a.jpg", "test/new/b.jpg"),
        ("train/x/a.jpg", "validation train/y/b.jpg", "bus/x/c.jpg"),
    ],
)
def test_classes_that_are_called_like_splits_are_classes(paths: tuple[str, ...]) -> None:
    found = layout(*paths)
    assert list(found.labels) == [path.partition("/")[0] for path in paths]


def test_test_folder_without_labels_is_beside_the_classes() -> None:
    found = layout("train/a/1.jpg", "train/b/2.jpg", "test/3.jpg")
    assert list(found.labels) == ["a", "b", None]


def test_folder_around_the_class_folders_is_passed_through() -> None:
    found = layout("lawns/grass/a.jpg", "lawns/moss/b.jpg")
    assert list(found.labels) == ["grass", "moss"]
    assert found.notes == ["The class folders are in lawns/."]
    assert list(layout("lawns/grass/a.jpg", "lawns/moss/b.jpg", unwrap=False).labels) == ["lawns", "lawns"]


def test_split_folders_within_a_folder_are_recognised() -> None:
    found = layout("lawns/train/grass/a.jpg", "lawns/train/moss/b.jpg", "lawns/val/grass/c.jpg")
    assert list(found.labels) == ["grass", "moss", "grass"]


def test_single_class_is_not_passed_through() -> None:
    assert list(layout("grass/a.jpg", "grass/wet/b.jpg").labels) == ["grass", "grass"]


def test_no_images_are_no_classes() -> None:
    assert not layout().labels


def test_folders_whose_names_differ_in_spaces_only_are_one_class_with_a_note() -> None:
    found = layout("grass/a.jpg", "grass /b.jpg", "L\u00f6we/c.jpg", "Lo\u0308we/d.jpg")
    assert list(found.labels) == ["grass", "grass", "L\u00f6we", "L\u00f6we"]
    assert found.notes == [
        "The folders 'L\\xf6we', 'Lo\\u0308we' are one class: L\u00f6we.",
        "The folders 'grass ', 'grass' are one class: grass.",
    ]
