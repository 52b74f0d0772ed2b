import json
import re

import pytest

from meadow_dashboards.model import COLUMNS, Dashboard
from meadow_dashboards.places import DASHBOARDS, FOLDER, file_of, text_of

by_uid = pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.uid)


@by_uid
def test_what_is_committed_is_fresh(board: Dashboard) -> None:
    assert file_of(board).read_text() == text_of(board), "run `make dashboards`"


def test_nothing_else_is_provisioned() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == {file_of(board).name for board in DASHBOARDS}


@by_uid
def test_panels_fit_the_page_and_do_not_overlap(board: Dashboard) -> None:
    panels = board.render()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS, panel["title"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


@by_uid
def test_queries_have_a_letter_each_and_balanced_brackets(board: Dashboard) -> None:
    for panel in json.loads(text_of(board))["panels"]:
        targets = panel.get("targets", [])
        assert len({target["refId"] for target in targets}) == len(targets)
        for target in targets:
            bare = re.sub(r'"[^"]*"', "", target["expr"])
            for opened, closed in ("()", "[]", "{}"):
                assert bare.count(opened) == bare.count(closed), target["expr"]


def test_every_dashboard_says_what_it_is_for_and_titles_are_unique() -> None:
    assert len({board.uid for board in DASHBOARDS}) == len({board.title for board in DASHBOARDS}) == len(DASHBOARDS)
    for board in DASHBOARDS:
        assert board.about.endswith(".")
        titles = [panel.title for panel in board.panels]
        assert len(set(titles)) == len(titles), board.uid
