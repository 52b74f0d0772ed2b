import io

from rich.console import Console

from meadow_bench.page import render_page
from meadow_bench.report import Listing, Report
from meadow_bench.rows import Bar, Row
from meadow_bench.screen import show

MISSED = Row("Folder: photos", "10.2 images/s", "15.8 images/s, bare loop", 0.646, bar=Bar(0.85))
REACHED = Row("Folder: thumbnails", "99.0 images/s", "100.0 images/s, bare loop", 0.99, bar=Bar(0.85))
TOLD = Row("Clients | photos", "9 images/s", "", 0.5)
LISTING = Listing("Where the time goes", ("process", "seconds"), [("gateway", "1.00")])


def test_what_is_not_reached_is_said() -> None:
    assert Report([MISSED, REACHED, TOLD]).summary == "1 of 2 bars are not reached: Folder: photos."
    assert Report([REACHED, TOLD]).summary == "All 1 bars are reached."


def test_reports_are_joined_in_order() -> None:
    report = Report([REACHED])
    report += Report([MISSED], [LISTING])
    assert report.rows == [REACHED, MISSED]
    assert report.listings == [LISTING]


def test_the_page_holds_everything() -> None:
    page = render_page(Report([MISSED, REACHED, TOLD], [LISTING]), {"Processor": "EPYC"}, ["make bench"])
    lines = page.splitlines()
    assert "| Folder: photos | 10.2 images/s | 15.8 images/s, bare loop | 0.65x |  | ≥ 0.85x | NOT REACHED |" in lines
    assert any(line.startswith("| Folder: thumbnails |") and line.endswith("| reached |") for line in lines)
    assert any(line.startswith(r"| Clients \| photos |") and line.endswith("|  |") for line in lines)
    assert "| Processor | EPYC |" in lines
    assert "| gateway | 1.00 |" in lines
    assert "make bench" in lines
    assert "**1 of 2 bars are not reached: Folder: photos.**" in lines


def test_the_screen_shows_the_same() -> None:
    output = io.StringIO()
    show(Console(file=output, width=200), Report([MISSED, TOLD], [LISTING]))
    text = output.getvalue()
    assert "NOT REACHED" in text
    assert "Where the time goes" in text
    assert "1 of 1 bars are not reached" in text
