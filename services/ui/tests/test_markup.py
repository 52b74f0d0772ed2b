import re
from datetime import UTC, datetime, timedelta

import pytest

from meadow_ui import markup


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "unknown"), (0, "0.0 %"), (0.0004, "< 0.1 %"), (0.931, "93.1 %"), (0.99951, "> 99.9 %"), (1, "100.0 %")],
)
def test_percent_is_never_rounded_to_certainty(share: float | None, text: str) -> None:
    assert markup.percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0094, "9 ms"), (3.42, "3.4 s"), (42, "42 s"), (600, "10 min"), (7200, "2 h"), (864_000, "10 days")],
)
def test_duration_uses_a_suitable_unit(seconds: float, text: str) -> None:
    assert markup.duration(seconds) == text


def test_times_are_shown_relative_to_now() -> None:
    now = datetime.now(UTC)
    assert markup.ago(None) == "never"
    assert markup.ago(now) == "just now"
    assert markup.ago(now - timedelta(seconds=7.2)) == "7 s ago"
    assert markup.ago(now - timedelta(minutes=5)) == "5 min ago"


def test_digest_is_short_with_the_full_value_as_tooltip() -> None:
    assert markup.digest("sha256:" + "ab" * 32) == f'<code title="sha256:{"ab" * 32}">abababababab</code>'
    assert markup.digest("") == "unknown"


def test_snippets_escape_their_text() -> None:
    for piece in (markup.badge("<b>", "bad"), markup.tile("<b>", "<b>", "<b>"), markup.code("<b>", whole='"<b>')):
        assert "<b>" not in piece


def test_table_cells_carry_their_column_name() -> None:
    assert '<td data-name="Age">5</td>' in markup.table(("Name", "Age"), [("a", "5")])


def test_plain_escapes_markdown() -> None:
    hostile = "![x](http://tracker/1.png) **b** :red[r] $x$ <b> `c` \\ ~~s~~ https://a.b"
    shown = markup.plain(hostile)
    for place, sign in enumerate(shown):
        if sign in "![]()*:$<>`~" and not shown[:place].endswith("\\"):
            pytest.fail(f"{sign} at {place} of {shown}")
    assert re.sub(r"\\(.)", r"\1", shown) == hostile
    assert markup.plain("löwenzahn 2") == "löwenzahn 2"


def test_class_keeps_its_colour_on_every_page() -> None:
    classes = ["dandelion", "grass"]
    colours = [markup.class_colour(label, classes) for label in ("dandelion", "grass", "moss")]
    assert colours == ["class-0", "class-1", "class-2"]
    assert markup.class_colour("g", list("abcdefg")) == "class-0"
