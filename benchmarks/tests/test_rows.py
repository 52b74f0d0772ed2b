import pytest

from meadow_bench.rows import Bar, Row, Unit, Verdict, ratio_row

AT_LEAST = Bar(must=0.85, aim=0.95)
AT_MOST = Bar(must=1.1, at_most=True)


def row(number: float, bar: Bar | None) -> Row:
    return Row("Folder", "85 images/s", "100 images/s", number, bar=bar)


@pytest.mark.parametrize(
    ("number", "bar", "verdict"),
    [
        (0.85, AT_LEAST, Verdict.REACHED),
        (0.8499, AT_LEAST, Verdict.NOT_REACHED),
        (1.1, AT_MOST, Verdict.REACHED),
        (1.1001, AT_MOST, Verdict.NOT_REACHED),
        (0.1, None, Verdict.TOLD),
    ],
)
def test_a_bar_is_held_against_the_number_as_measured(number: float, bar: Bar | None, verdict: Verdict) -> None:
    assert row(number, bar).verdict is verdict


@pytest.mark.parametrize(
    ("number", "bar", "shown"),
    [(0.9123, AT_LEAST, "0.91x"), (0.8496, AT_LEAST, "0.8496x"), (1.1004, AT_MOST, "1.1004x"), (0.8496, None, "0.85x")],
)
def test_a_number_that_misses_its_bar_never_looks_as_if_it_reached_it(
    number: float, bar: Bar | None, shown: str
) -> None:
    assert row(number, bar).shown_number == shown


def test_units_and_bars_are_written_out() -> None:
    overhead = Row("One client", "", "", 6.348, Unit.MILLISECONDS, Bar(must=10, aim=5, at_most=True), (5.86, 7.87))
    assert (overhead.shown_number, overhead.shown_bar) == ("6.35 ms", "≤ 10 ms (aim 5)")
    assert overhead.shown_spread == "5.86 to 7.87"
    assert Row("Failures", "", "", 0, Unit.COUNT, Bar(0, at_most=True)).shown_number == "0"


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    made = ratio_row("Folder", "", "", [0.7, 0.9, 0.95], AT_LEAST)
    assert made.number == 0.9
    assert made.spread == (0.7, 0.95)
    assert ratio_row("Folder", "", "", [0.9]).spread is None
