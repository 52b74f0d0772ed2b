from collections.abc import Iterable

from meadow.datasets.ingest.claims import Claim, Picture
from meadow.datasets.ingest.settle import NEW_CLASS_IMAGES, Settlement, settle
from meadow.datasets.rejection import Reason

FAR = 4
"""Bytes of a hash by which pictures that are not alike differ: 32 bits."""


def picture(name: str, *labels: str, look: int = 0, area: int = 100, **marks: bool) -> Picture:
    """A picture that sources name with these labels; pictures of the same look are copies."""
    bits = bytes([look] * FAR) + bytes(12)
    claims = [Claim(f"{name}/{label}", label, "test", name, **marks) for label in labels]
    return Picture(name, bits, area, claims)


def settled(pictures: Iterable[Picture], *, alike: bool = True) -> Settlement:
    return settle(pictures, lambda one, other: alike and one != other)


def labels_of(settlement: Settlement) -> dict[str, str]:
    return {entry.sha256: entry.label for entry in settlement.entries}


def reasons_of(settlement: Settlement) -> list[tuple[str, Reason]]:
    return [(rejection.name, rejection.reason) for rejection in settlement.rejected]


def test_of_the_same_image_one_is_taken() -> None:
    found = settled([picture("a", "grass", "grass")])
    assert labels_of(found) == {"a": "grass"}
    assert reasons_of(found) == [("a/grass", Reason.DUPLICATE)]


def test_of_copies_the_largest_is_taken_whatever_their_order() -> None:
    small, large = picture("a", "grass", area=10), picture("b", "grass", area=20)
    for order in ([small, large], [large, small]):
        found = settled(order)
        assert labels_of(found) == {"b": "grass"}
        assert reasons_of(found) == [("a/grass", Reason.NEAR_DUPLICATE)]
        assert found.rejected[0].twin == "b"


def test_what_does_not_look_alike_after_all_is_kept() -> None:
    found = settled([picture("a", "grass"), picture("b", "moss")], alike=False)
    assert labels_of(found) == {"a": "grass", "b": "moss"}
    assert not found.rejected


def test_copies_under_two_labels_are_all_left_out() -> None:
    for pictures in (
        [picture("a", "grass", "moss")],
        [picture("a", "grass"), picture("b", "moss")],
        [picture("a", "grass"), picture("b", "grass"), picture("c", "moss")],
    ):
        found = settled([*pictures, picture("z", "grass", look=255)])
        assert labels_of(found) == {"z": "grass"}
        assert {reason for _, reason in reasons_of(found)} == {Reason.CONFLICTING_LABELS}
        assert len(found.rejected) == sum(len(each.claims) for each in pictures)


def test_a_corrected_label_wins() -> None:
    corrected = picture("a", "moss", corrected=True)
    corrected.claims.append(Claim("folder/a", "grass", "test", "a"))
    found = settled([corrected, picture("b", "moss", look=255)])
    assert labels_of(found) == {"a": "moss", "b": "moss"}
    assert [entry.corrected for entry in found.entries] == [True, False]
    assert reasons_of(found) == [("folder/a", Reason.CORRECTED)]


def test_a_corrected_label_wins_over_a_copy_too() -> None:
    others = [picture("b", "moss", area=50, corrected=True), picture("c", "moss", look=255)]
    found = settled([picture("a", "grass"), *others])
    assert labels_of(found) == {"a": "moss", "c": "moss"}
    assert [(entry.source, entry.corrected) for entry in found.entries] == [("a/grass", True), ("c/moss", False)]
    assert reasons_of(found) == [("a/grass", Reason.CORRECTED), ("b/moss", Reason.NEAR_DUPLICATE)]


def test_a_motif_whose_copy_is_corrected_keeps_its_image_and_so_its_split() -> None:
    known = picture("v", "grass", area=0, kept=True)
    copy = picture("b", "moss", area=50, corrected=True)
    found = settled([known, copy, picture("c", "moss", look=255)])
    assert labels_of(found) == {"v": "moss", "c": "moss"}
    assert found.entries[0].corrected
    assert [(each.name, each.twin) for each in found.rejected] == [("v/grass", "v"), ("b/moss", "v")]
    # From then on the label stands, with the copy and without.
    kept = picture("v", "moss", area=0, kept=True, corrected=True)
    for more in ([], [copy], [picture("b", "grass", area=50)]):
        again = settled([kept, *more, picture("c", "moss", look=255), picture("g", "grass", look=15)])
        assert labels_of(again) == {"v": "moss", "c": "moss", "g": "grass"}


def test_what_is_in_the_version_stays_although_a_larger_copy_comes() -> None:
    found = settled([picture("a", "grass", area=0, kept=True), picture("b", "grass", area=50)])
    assert labels_of(found) == {"a": "grass"}


def test_a_source_that_names_what_is_in_the_version_is_not_rejected() -> None:
    again = picture("a", "grass", kept=True)
    again.claims.append(Claim("folder/a", "grass", "folder", "a"))
    found = settled([again])
    assert (labels_of(found), found.rejected) == ({"a": "grass"}, ())


def test_an_earlier_correction_is_not_overruled_by_a_source_but_by_a_new_correction() -> None:
    before = Claim("v", "moss", "version", "a", corrected=True, kept=True)
    source = Claim("f", "grass", "folder", "a")
    again = Claim("c", "fern", "corrections", "a", corrected=True)
    others = [picture("g", "grass", look=1), picture("h", "fern", look=254)]
    assert labels_of(settled([Picture("a", bytes(16), 0, [before, source]), *others]))["a"] == "moss"
    assert labels_of(settled([Picture("a", bytes(16), 0, [before, source, again]), *others]))["a"] == "fern"


def test_corrections_to_a_class_of_other_data_sets_are_left_out() -> None:
    found = settled([picture("a", "grass"), picture("b", "cat", look=255, corrected=True)])
    assert labels_of(found) == {"a": "grass"}
    assert reasons_of(found) == [("b/cat", Reason.UNKNOWN_CLASS)]
    assert found.rejected[0].detail == "the data set has no class cat"


def test_a_new_class_joins_once_there_is_enough_of_it() -> None:
    def corrections(count: int) -> list[Picture]:
        return [
            picture(f"n{number}", "moss", look=(number + 1) * 17, corrected=True, new_class=True)
            for number in range(count)
        ]

    few = settled([picture("a", "grass"), *corrections(NEW_CLASS_IMAGES - 1)])
    assert labels_of(few) == {"a": "grass"}
    assert "has 7 image(s) so far; it joins with 8" in few.rejected[0].detail
    enough = settled([picture("a", "grass"), *corrections(NEW_CLASS_IMAGES)], alike=False)
    assert len(enough.entries) == 1 + NEW_CLASS_IMAGES
