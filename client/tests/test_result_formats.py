import csv
import io
from collections.abc import Iterator

import pytest

from meadow.result_formats import CSV_COLUMNS, as_csv, as_ndjson, result_row
from meadow.schemas.items import ItemResult, ItemState
from meadow.schemas.jobs import JobError
from meadow.schemas.predictions import Decision, Prediction, Score


def answered(item: str, label: str = "grass") -> ItemResult:
    scores = [Score(label=label, probability=0.87654321), Score(label="dandelion", probability=0.12345679)]
    return ItemResult(
        item=item,
        state=ItemState.SUCCEEDED,
        prediction=Prediction(
            label=label, decision=Decision.CONFIDENT, scores=scores, ood_score=0.4, width=640, height=480, infer_ms=3.5
        ),
    )


def failed(item: str, detail: str = "It is damaged.") -> ItemResult:
    return ItemResult(item=item, state=ItemState.FAILED, error=JobError(code="image-undecodable", detail=detail))


def read_csv(results: list[ItemResult], *, safe: bool = False) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(as_csv(results, spreadsheet_safe=safe)), newline="")))


def test_a_line_says_what_was_answered() -> None:
    assert read_csv([answered("a.jpg"), failed("b.jpg")]) == [
        {
            "item": "a.jpg", "state": "succeeded", "label": "grass", "decision": "confident", "probability": "0.876543",
            "ood_score": "0.4", "width": "640", "height": "480", "error": "", "detail": "",
        },
        {
            "item": "b.jpg", "state": "failed", "label": "", "decision": "", "probability": "",
            "ood_score": "", "width": "", "height": "", "error": "image-undecodable", "detail": "It is damaged.",
        },
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a,b.jpg", 'say "hi".jpg', "two\nlines.jpg", "日本/ü.jpg", " space ", "a;b\tc"])
def test_a_name_survives_as_it_is(name: str) -> None:
    assert [row["item"] for row in read_csv([failed(name, detail=name)])] == [name]
    assert read_csv([failed("x", detail=name)])[0]["detail"] == name


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_run_as_a_formula_where_that_is_asked_for(start: str) -> None:
    cell = f"{start}cmd|' /C calc'!A0"
    results = [answered(cell, label=cell), failed(cell, detail=cell)]
    answered_row, failed_row = read_csv(results, safe=True)
    for shown in (answered_row["item"], answered_row["label"], failed_row["item"], failed_row["detail"]):
        assert shown == f"'{cell}"


def test_only_the_text_for_spreadsheets_is_altered() -> None:
    assert result_row(answered("-x.jpg"))[0] == "-x.jpg"
    assert read_csv([answered("-x.jpg")])[0]["item"] == "-x.jpg"
    assert '"item":"-x.jpg"' in "".join(as_ndjson([answered("-x.jpg")]))


def test_without_results_there_is_a_header() -> None:
    assert "".join(as_csv([])) == ",".join(CSV_COLUMNS) + "\r\n"


def test_lines_come_one_by_one_as_results_do() -> None:
    """A download of a large batch must not be held in memory."""
    seen: list[str] = []

    def results() -> Iterator[ItemResult]:
        for name in ("0", "1", "2"):
            seen.append(name)
            yield answered(name)

    for write in (as_csv, as_ndjson):
        next(write(results()))
        assert seen == ["0"]
        seen.clear()


def test_ndjson_gives_every_result_back() -> None:
    results = [answered("a\nb.jpg"), failed("ü", detail='"quoted"'), answered("=1")]
    lines = "".join(as_ndjson(results)).splitlines()
    assert [ItemResult.model_validate_json(line) for line in lines] == results
