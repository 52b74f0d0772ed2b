from datetime import UTC, datetime, timedelta

from meadow.datasets.published import DatasetDetail
from meadow.datasets.summary import ClassCounts, SourceCounts, VersionSummary
from meadow_ui.data.version_tables import MOST_CLASSES, classes_table, overview, versions_table


def version(digest: str, **fields: object) -> VersionSummary:
    classes = {"grass": ClassCounts(train=8, holdout=2, corrected=1), "<b>moss": ClassCounts(train=30, holdout=9)}
    known = {"name": "lawns", "digest": digest * 32, "created_at": datetime.now(UTC) - timedelta(hours=3)}
    return VersionSummary.model_validate({**known, "classes": classes, **fields})


def test_classes_come_by_size_with_what_people_said() -> None:
    shown = classes_table(version("ab"))
    assert shown.index("&lt;b&gt;moss") < shown.index("grass")
    assert '<td data-name="By people">1</td>' in shown
    assert '<td data-name="Hold-out">9</td>' in shown


def test_what_the_ingestion_passed_over_and_noticed_is_told() -> None:
    sources = [SourceCounts(title="folder", named=3, passed_over={".heic": 5}), SourceCounts(title="zip", named=1)]
    shown = classes_table(version("ab", sources=sources, notes=["Class <b>moss has one image."]))
    assert "Passed over: 5 .heic." in shown
    assert "Class &lt;b&gt;moss has one image." in shown


def test_of_many_classes_the_smallest_are_counted() -> None:
    many = {f"c{number}": ClassCounts(train=number) for number in range(MOST_CLASSES + 7)}
    shown = classes_table(version("ab", classes=many))
    assert shown.count("<tr>") == MOST_CLASSES + 1
    assert "and 7 smaller classes" in shown
    assert "<strong>c0</strong>" not in shown


def test_a_version_says_where_it_comes_from() -> None:
    sources = [SourceCounts(title="folder <b>", named=12, rejected=2)]
    newer = version("cd", added_to="ab" * 32, sources=sources, rejections={"duplicate": 2})
    shown = versions_table([newer, version("ab")], newer.digest)
    assert shown.count("newest") == 1
    assert "version <code" in shown
    assert "folder &lt;b&gt;" in shown
    assert '<td data-name="Left out">2</td>' in shown


def test_the_newest_version_in_numbers() -> None:
    newest = version("ab")
    shown = overview(DatasetDetail(**newest.model_dump(), versions=[newest, newest]))
    for expected in ("<strong>49</strong>", "<strong>2</strong>", "<strong>1</strong>", "3 h ago, 2 in all"):
        assert expected in shown
