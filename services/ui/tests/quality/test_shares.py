from meadow_ui.quality.shares import MOST_CLASSES, shares


def test_of_many_classes_the_rare_ones_stand_together() -> None:
    classes = {f"c{number:02}": number for number in range(1, 13)}
    shown = shares(classes, {"confident": 70, "unsure": 8}, list(classes))
    assert shown.count("<li") == MOST_CLASSES + 1 + 2, "and no decision that was never made"
    assert "others <strong>10</strong>" in shown
    assert shown.index("c12 <strong>") < shown.index("c11 <strong>")


def test_few_classes_have_no_others() -> None:
    shown = shares({"<b>": 3}, {"unknown": 3}, [])
    assert "others" not in shown
    assert "<b> <strong>" not in shown
