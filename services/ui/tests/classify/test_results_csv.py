import csv
import io

from fake_gateway.answers import classify_by_name, make_model
from meadow.schemas.jobs import Job, JobError
from meadow_ui.classify.picture import Picture
from meadow_ui.classify.results_csv import to_csv
from meadow_ui.labels import SubmittedLabel


def answered(name: str) -> Picture:
    job = Job.model_validate(
        {
            "id": "j",
            "kind": "classification",
            "state": "succeeded",
            "created_at": "2026-05-04T10:00:00Z",
            "links": {"self": "", "cancel": ""},
            "result": classify_by_name(b"", name),
            "model": make_model("3").ref,
        }
    )
    return Picture(name, b"", job=job)


def rows(pictures: list[Picture]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(pictures).decode("utf-8-sig"))))


def test_each_image_has_a_row() -> None:
    error = JobError(code="image-undecodable", detail="Cut off, early.")
    sure, unsure, failed, waiting = rows(
        [answered("löwenzahn.jpg"), answered("unsure grass.jpg"), Picture("c", b"", error=error), Picture("d", b"")]
    )
    assert sure["picture"] == "löwenzahn.jpg"
    assert (sure["label"], sure["probability"], sure["p(grass)"]) == ("dandelion", "0.97", "0.03")
    assert (sure["infer_ms"], sure["model_version"]) == ("9.4", "3")
    assert (unsure["label"], unsure["decision"]) == ("grass", "unsure")
    assert (failed["state"], failed["error"], failed["detail"]) == ("failed", "image-undecodable", "Cut off, early.")
    assert (waiting["state"], waiting["label"]) == ("sending", "")


def test_submitted_label_is_next_to_the_answer() -> None:
    picture = answered("a.jpg")
    picture.submitted_label = SubmittedLabel("=daisy", new_class=True)
    assert (rows([picture])[0]["label"], rows([picture])[0]["submitted_label"]) == ("dandelion", "'=daisy")


def test_file_name_is_not_run_as_a_formula() -> None:
    assert rows([Picture("=HYPERLINK(1)", b"")])[0]["picture"] == "'=HYPERLINK(1)"


def test_no_images_give_a_header_only() -> None:
    assert rows([]) == []
