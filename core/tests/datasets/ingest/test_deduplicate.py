from collections.abc import Iterable

from meadow.schemas.ingestion import NearDuplicates
from meadow.schemas.minimums import NEW_CLASS_IMAGES
from meadow.schemas.rejection import Reason
from meadow.schemas.split import Split
from meadow_core.datasets.ingest.assertions import ImageGroup, LabelAssertion
from meadow_core.datasets.ingest.deduplicate import DedupResult, deduplicate

FAR = 4
"""Bytes of a hash by which groups that are not alike differ: 32 bits."""


def group(
    name: str,
    *labels: str,
    look: int = 0,
    area: int = 100,
    split: Split | None = None,
    **marks: bool,
) -> ImageGroup:
    """A group that sources name with these labels; groups of the same look are copies."""
    bits = bytes([look] * FAR) + bytes(12)
    assertions = [LabelAssertion(f"{name}/{label}", label, "test", name, split=split, **marks) for label in labels]
    return ImageGroup(name, bits, area, assertions)


def settled(
    groups: Iterable[ImageGroup], *, alike: bool = True, near_duplicates: NearDuplicates = NearDuplicates.AUTO
) -> DedupResult:
    return deduplicate(groups, lambda one, other: float(alike and one != other), near_duplicates)


def labels_of(deduplicated: DedupResult) -> dict[str, str]:
    return {entry.sha256: entry.label for entry in deduplicated.entries}


def reasons_of(deduplicated: DedupResult) -> list[tuple[str, Reason]]:
    return [(rejection.name, rejection.reason) for rejection in deduplicated.rejected]


def test_of_the_same_image_one_is_taken() -> None:
    found = settled([group("a", "grass", "grass")])
    assert labels_of(found) == {"a": "grass"}
    assert reasons_of(found) == [("a/grass", Reason.DUPLICATE)]


def test_of_copies_the_largest_is_taken_whatever_their_order() -> None:
    small, large = group("a", "grass", area=10), group("b", "grass", area=20)
    for order in ([small, large], [large, small]):
        found = settled(order)
        assert labels_of(found) == {"b": "grass"}
        assert reasons_of(found) == [("a/grass", Reason.NEAR_DUPLICATE)]
        assert found.rejected[0].twin == "b"


def test_what_does_not_look_alike_after_all_is_kept() -> None:
    found = settled([group("a", "grass"), group("b", "moss")], alike=False)
    assert labels_of(found) == {"a": "grass", "b": "moss"}
    assert not found.rejected


def test_copies_under_two_labels_are_all_left_out() -> None:
    for groups in (
        [group("a", "grass", "moss")],
        [group("a", "grass"), group("b", "moss")],
        [group("a", "grass"), group("b", "grass"), group("c", "moss")],
    ):
        found = settled([*groups, group("z", "grass", look=255)])
        assert labels_of(found) == {"z": "grass"}
        assert {reason for _, reason in reasons_of(found)} == {Reason.CONFLICTING_LABELS}
        assert len(found.rejected) == sum(len(each.assertions) for each in groups)


def test_a_corrected_label_wins() -> None:
    corrected = group("a", "moss", corrected=True)
    corrected.assertions.append(LabelAssertion("folder/a", "grass", "test", "a"))
    found = settled([corrected, group("b", "moss", look=255)])
    assert labels_of(found) == {"a": "moss", "b": "moss"}
    assert [entry.corrected for entry in found.entries] == [True, False]
    assert reasons_of(found) == [("folder/a", Reason.CORRECTED)]


def test_a_corrected_label_wins_over_a_copy_too() -> None:
    others = [group("b", "moss", area=50, corrected=True), group("c", "moss", look=255)]
    found = settled([group("a", "grass"), *others])
    assert labels_of(found) == {"a": "moss", "c": "moss"}
    assert [(entry.source, entry.corrected) for entry in found.entries] == [("a/grass", True), ("c/moss", False)]
    assert reasons_of(found) == [("a/grass", Reason.CORRECTED), ("b/moss", Reason.NEAR_DUPLICATE)]


def test_a_motif_whose_copy_is_corrected_keeps_its_image_and_so_its_split() -> None:
    known = group("v", "grass", area=0, kept=True)
    copy = group("b", "moss", area=50, corrected=True)
    found = settled([known, copy, group("c", "moss", look=255)])
    assert labels_of(found) == {"v": "moss", "c": "moss"}
    assert found.entries[0].corrected
    assert [(each.name, each.twin) for each in found.rejected] == [("v/grass", "v"), ("b/moss", "v")]
    # From then on the label stands, with the copy and without.
    kept = group("v", "moss", area=0, kept=True, corrected=True)
    for more in ([], [copy], [group("b", "grass", area=50)]):
        again = settled([kept, *more, group("c", "moss", look=255), group("g", "grass", look=15)])
        assert labels_of(again) == {"v": "moss", "c": "moss", "g": "grass"}


def test_what_is_in_the_version_stays_although_a_larger_copy_comes() -> None:
    found = settled([group("a", "grass", area=0, kept=True), group("b", "grass", area=50)])
    assert labels_of(found) == {"a": "grass"}


def test_a_source_that_names_what_is_in_the_version_is_not_rejected() -> None:
    again = group("a", "grass", kept=True)
    again.assertions.append(LabelAssertion("folder/a", "grass", "folder", "a"))
    found = settled([again])
    assert (labels_of(found), found.rejected) == ({"a": "grass"}, ())


def test_an_earlier_correction_is_not_overruled_by_a_source_but_by_a_new_correction() -> None:
    before = LabelAssertion("v", "moss", "version", "a", corrected=True, kept=True)
    source = LabelAssertion("f", "grass", "folder", "a")
    again = LabelAssertion("c", "fern", "corrections", "a", corrected=True)
    others = [group("g", "grass", look=1), group("h", "fern", look=254)]
    assert labels_of(settled([ImageGroup("a", bytes(16), 0, [before, source]), *others]))["a"] == "moss"
    assert labels_of(settled([ImageGroup("a", bytes(16), 0, [before, source, again]), *others]))["a"] == "fern"


def test_corrections_to_a_class_of_other_data_sets_are_left_out() -> None:
    found = settled([group("a", "grass"), group("b", "cat", look=255, corrected=True)])
    assert labels_of(found) == {"a": "grass"}
    assert reasons_of(found) == [("b/cat", Reason.UNKNOWN_CLASS)]
    assert found.rejected[0].detail == "the data set has no class cat"


def test_a_new_class_joins_once_there_is_enough_of_it() -> None:
    def corrections(count: int) -> list[ImageGroup]:
        return [
            group(f"n{number}", "moss", look=(number + 1) * 17, corrected=True, new_class=True)
            for number in range(count)
        ]

    few = settled([group("a", "grass"), *corrections(NEW_CLASS_IMAGES - 1)])
    assert labels_of(few) == {"a": "grass"}
    assert "has 7 image(s) so far; it joins with 8" in few.rejected[0].detail
    enough = settled([group("a", "grass"), *corrections(NEW_CLASS_IMAGES)], alike=False)
    assert len(enough.entries) == 1 + NEW_CLASS_IMAGES


def test_near_duplicates_are_all_taken_on_request() -> None:
    found = settled([group("a", "grass"), group("b", "grass"), group("c", "moss")], near_duplicates=NearDuplicates.KEEP)
    assert labels_of(found) == {"a": "grass", "b": "grass", "c": "moss"}
    assert not found.rejected


def test_exact_duplicates_are_left_out_even_where_near_ones_are_kept() -> None:
    found = settled([group("a", "grass", "grass"), group("b", "grass", "moss")], near_duplicates=NearDuplicates.KEEP)
    assert labels_of(found) == {"a": "grass"}
    assert [reason for _, reason in reasons_of(found)] == [
        Reason.DUPLICATE, Reason.CONFLICTING_LABELS, Reason.CONFLICTING_LABELS,
    ]  # fmt: skip


def test_images_are_compared_with_a_representative_not_along_a_chain() -> None:
    """Each frame of a slow pan is like the next one; the last is not like the first."""
    frames = [ImageGroup(f"f{number:02}", (((1 << (4 * number)) - 1).to_bytes(16)), 100, []) for number in range(12)]
    for frame in frames:
        frame.assertions.append(LabelAssertion(frame.sha256, "north", "test", frame.sha256))
    taken = labels_of(settled([*frames, group("z", "grass", look=85)]))
    assert sorted(taken) == ["f00", "f03", "f06", "f09", "z"]


def test_dispute_names_the_rival_and_how_like_it_is() -> None:
    found = settled([group("a", "grass", area=200), group("b", "grass"), group("c", "moss")])
    details = {rejection.name: (rejection.twin, rejection.detail) for rejection in found.rejected}
    assert details["c/moss"][0] == "a"
    assert details["c/moss"][1] == (
        "nearly the same image as a/grass, which is labelled grass: 0 of 128 bits of their hashes differ, their grey "
        "levels correlate by 1.00; neither is taken"
    )
    assert details["b/grass"][0] == "c"


FAR_LOOKS = (0x0F, 0x33, 0x3C, 0x55, 0x5A, 0x66, 0x69, 0x96, 0x99, 0xA5, 0xAA, 0xC3, 0xCC, 0xF0, 0xFF)
"""Bytes that differ from one another, and from 0, in four bits at least."""


def many(labels: list[str]) -> list[ImageGroup]:
    return [group(f"{label}{number:03}", label) for label in labels for number in range(30)]


def test_fixed_camera_keeps_near_duplicates_and_says_so() -> None:
    found = settled(many(["good", "scratched"]))
    assert len(found.entries) == 60
    assert found.notes[0].startswith("60 of 60 images look nearly the same as images of other classes")
    assert "--near-duplicates drop" in found.notes[0]
    assert not settled(many(["good", "scratched"]), near_duplicates=NearDuplicates.DROP).entries


def test_class_whose_images_all_look_the_same_is_kept() -> None:
    others = [group(f"o{look}", "other", look=look) for look in FAR_LOOKS]
    found = settled([*many(["good"]), *others])
    assert len(found.entries) == 45
    assert found.notes[0].startswith("Nearly all images of good look the same")


def test_many_near_duplicates_are_dropped_and_said() -> None:
    different = [group(f"d{look}", "good", look=look) for look in FAR_LOOKS]
    found = settled([*many(["good"]), *different])
    assert len(found.entries) == 16
    assert found.notes == (
        "29 of 45 images look nearly the same as others, and were left out. To take them: --near-duplicates keep.",
    )


def test_split_that_images_came_with_is_kept() -> None:
    found = settled(
        [group("0a" * 32, "grass", split=Split.TRAIN), group("b0" * 32, "grass", look=255, split=Split.HOLDOUT)]
    )
    assert {entry.sha256: entry.split for entry in found.split_entries()} == {
        "0a" * 32: Split.TRAIN, "b0" * 32: Split.HOLDOUT,
    }  # fmt: skip
