import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer

from meadow.cli import outputs
from meadow.cli.outputs import Output, OutputError
from meadow.result_formats import CSV_COLUMNS
from meadow.schemas.items import ItemResult, ItemState
from meadow.schemas.jobs import JobError
from meadow.schemas.predictions import Decision, Prediction, Score

ANSWERED = ItemResult(
    item="-ü.jpg",
    state=ItemState.SUCCEEDED,
    prediction=Prediction(
        label="grass",
        decision=Decision.UNSURE,
        scores=[Score(label="grass", probability=0.6), Score(label="dandelion", probability=0.4)],
        width=640,
        height=480,
        infer_ms=3,
    ),
)
FAILED = ItemResult(item="b.jpg", state=ItemState.FAILED, error=JobError(code="too-large", detail="It is large."))


def test_csv_has_a_line_for_each_image(tmp_path: Path) -> None:
    Output(tmp_path / "out.csv").write([ANSWERED, FAILED])
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["item"], row["label"], row["error"]) for row in rows] == [
        ("-ü.jpg", "grass", ""),
        ("b.jpg", "", "too-large"),
    ]


def test_ndjson_has_everything(tmp_path: Path) -> None:
    Output(tmp_path / "out.ndjson").write([ANSWERED, FAILED])
    lines = (tmp_path / "out.ndjson").read_text(encoding="utf-8").splitlines()
    assert [ItemResult.model_validate_json(line) for line in lines] == [ANSWERED, FAILED]


def test_parquet_has_typed_columns_and_names_as_they_are(tmp_path: Path) -> None:
    Output(tmp_path / "out.parquet").write([ANSWERED, FAILED])
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(row["item"], row["probability"], row["width"], row["error"]) for row in rows] == [
        ("-ü.jpg", 0.6, 640, None),
        ("b.jpg", None, None, "too-large"),
    ]


def test_parquet_files_of_several_runs_are_one_table(tmp_path: Path) -> None:
    for number, results in enumerate(([ANSWERED], [FAILED], [])):
        Output(tmp_path / f"{number}.parquet").write(results)
    schemas = [pq.read_schema(tmp_path / f"{number}.parquet") for number in range(3)]
    assert schemas[0] == schemas[1] == schemas[2]
    assert tuple(schemas[0].names) == CSV_COLUMNS
    assert not any(pa.types.is_null(field.type) for field in schemas[0])


def test_a_file_is_replaced_whole_or_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old")

    class BreakingError(Exception):
        pass

    class Results(list[ItemResult]):
        def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
            yield ANSWERED
            raise BreakingError

    with pytest.raises(BreakingError):
        Output(out).write(Results())
    assert out.read_text() == "old"
    Output(out).write([])
    assert out.read_text().startswith("item,")


@pytest.mark.parametrize("name", ["out.xlsx", "out", "csv"])
def test_an_unknown_suffix_is_told_before_the_work(tmp_path: Path, name: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"must end in \.csv, \.ndjson, \.parquet"):
        Output(tmp_path / name).check()


def test_a_missing_folder_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="there is no folder"):
        Output(tmp_path / "none" / "out.csv").check()


def test_a_missing_extra_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Output(tmp_path / "out.parquet").check()
    monkeypatch.setattr(outputs, "find_spec", lambda _: None)
    with pytest.raises(typer.BadParameter, match=r"pip install 'meadow\[parquet\]'"):
        Output(tmp_path / "out.parquet").check()


def test_no_output_is_fine() -> None:
    Output(None).check()


def test_csv_for_spreadsheets_runs_no_name_as_a_formula(tmp_path: Path) -> None:
    Output(tmp_path / "out.csv", spreadsheet_safe=True).write([ANSWERED])
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1].startswith("'-ü.jpg,")


def test_place_that_nothing_can_be_written_to_is_told_before_the_work(unprivileged: Path) -> None:
    locked = unprivileged / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(typer.BadParameter, match=r"nothing can be written there: Permission denied"):
        Output(locked / "out.csv").check()
    (unprivileged / "folder.csv").mkdir()
    with pytest.raises(typer.BadParameter, match=r"this is a folder"):
        Output(unprivileged / "folder.csv").check()
    Output(unprivileged / "fine.csv").check()
    assert sorted(path.name for path in unprivileged.iterdir()) == ["folder.csv", "locked"]


def test_longest_name_that_a_file_may_have_can_be_written(tmp_path: Path) -> None:
    out = tmp_path / f"{'x' * 251}.csv"
    Output(out).check()
    Output(out).write([FAILED])
    assert out.exists()


def test_failure_to_write_says_how_results_are_had_again(tmp_path: Path) -> None:
    """A folder in the file's place stands for a disk that fills up."""
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(
        OutputError, match=r"could not be written to .*They are kept: meadow results batch_1 --out FILE"
    ):
        Output(tmp_path / "out.csv").write([FAILED], batch_id="batch_1")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
