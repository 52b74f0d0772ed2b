import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

from meadow_core.datasets.catalog import DatasetCatalog

VOID = {"meta", "img"}


class Checker(HTMLParser):
    """Notes what is opened and not closed, and every address."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_classes_and_what_was_left_out(
    catalog: DatasetCatalog, lawns: Path, picture: Callable[..., bytes]
) -> None:
    (lawns / "grass" / "<b>broken.png").write_bytes(b"broken")
    for name, kind in (("photo.png", "PNG"), ("photo.jpg", "JPEG")):
        (lawns / "grass" / name).write_bytes(picture(1, kind))
    (lawns / "grass" / "disputed.png").write_bytes((lawns / "dandelion" / "0.png").read_bytes())
    page = Checker()
    page.feed(catalog.publish_folder("lawns", lawns).report.decode())
    page.close()
    assert page.open == []
    for words in (
        "dandelion",
        "grass/<b>broken.png",
        "Copies that differ a little",
        "different labels",
        "folder lawns",
    ):
        assert words in page.text, words
    assert "nearly the same image as grass/photo" in page.text
    # One file: nothing is loaded from elsewhere.
    assert all(address.startswith(("data:image/jpeg;base64,", "#")) for address in page.addresses)
    # Five images in the version, two disputed ones, a copy beside its twin.
    assert len([address for address in page.addresses if address.startswith("data:")]) == 5 + 2 + 2


def test_a_page_about_many_images_stays_small(catalog: DatasetCatalog, lawns: Path) -> None:
    body = (lawns / "grass" / "0.png").read_bytes()
    for number in range(700):
        (lawns / "grass" / f"copy {number:03}.png").write_bytes(body)
    report = catalog.publish_folder("lawns", lawns).report.decode()
    assert len(report) < 500_000
    assert "676 more" in report
    assert re.search(r"and 200 more, in the version's rejections\.ndjson", report)
