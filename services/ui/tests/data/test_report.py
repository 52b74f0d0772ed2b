from html.parser import HTMLParser

from meadow_ui.data.report import framed


class Tags(HTMLParser):
    """Collects the tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_report_cannot_escape_its_frame() -> None:
    hostile = "<html>'\"></iframe><script>parent.document.title='x'</script>&quot;><img src=http://tracker/>"
    tags = Tags(framed(hostile)).found
    assert [tag for tag, _ in tags] == ["title", "iframe"]
    frame = tags[1][1]
    assert frame["sandbox"] is None, "nothing is allowed: no scripts, no forms, no origin"
    assert frame["srcdoc"] is not None
    assert frame["srcdoc"].endswith(hostile), "the report is complete"


def test_report_loads_no_external_resources() -> None:
    inner = Tags(framed("<p>x</p>")).found[1][1]["srcdoc"] or ""
    policies = [attrs["content"] for tag, attrs in Tags(inner).found if tag == "meta"]
    assert inner.index("<meta") < inner.index("<p>")
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
