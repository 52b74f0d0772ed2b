from collections import Counter

from meadow_ui.pictures.tray import Group
from meadow_ui.ribbon import ribbon


def test_labels_come_by_size_then_what_has_no_label() -> None:
    shown = ribbon(Counter({"a": 1, "b": 2, Group.PENDING: 3, Group.UNSURE: 4, Group.FAILED: 1}), ["a", "b"])
    order = ["b <strong>2", "a <strong>1", "unsure <strong>4", "without answer <strong>1", "still out <strong>3"]
    places = [shown.index(text) for text in order]
    assert places == sorted(places)
    assert "8 of 11 pictures" in shown


def test_a_finished_ribbon_is_full_and_says_how_many() -> None:
    assert "1 picture</h2>" in ribbon(Counter({"a": 1}), ["a"])
    shown = ribbon(Counter({"a": 1, "b": 1}), ["a", "b"])
    assert "2 pictures</h2>" in shown
    assert shown.count("width:50.00%") == 2


def test_a_label_is_not_taken_for_markup() -> None:
    assert "<i>x" not in ribbon(Counter({"<i>x": 1}), [])
