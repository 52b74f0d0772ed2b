import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fake_gateway import FakeGateway
from fake_gateway.state import make_job
from meadow.schemas.dataset_images import DatasetImage
from meadow.schemas.dataset_summary import ClassCounts
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.jobs import Job, JobState, Progress
from meadow.schemas.label_suspects import LabelSuspects
from meadow.schemas.split import Split
from meadow.schemas.training_config import DEFAULT_ARCHITECTURE

OpenPage = Callable[[str], AppTest]


def text(page: AppTest) -> str:
    return "\n".join(str(part.value) for part in page.html)


def dataset(name: str, digest: str = "ab", **classes: int) -> DatasetDetail:
    counts = {label: ClassCounts(train=number) for label, number in classes.items()}
    known = {"name": name, "digest": digest * 32, "created_at": datetime.now(UTC), "classes": counts}
    return DatasetDetail.model_validate({**known, "versions": [known]})


def submit(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    page.run()
    assert not page.exception
    return page


@pytest.mark.usefixtures("gateway")
def test_missing_data_sets_show_how_to_add_images(open_page: OpenPage) -> None:
    page = open_page("data")
    assert "No data sets yet" in text(page)
    assert "No finished runs yet" in text(page)
    train = next(button for button in page.button if button.label == "Train")
    assert train.disabled, "there is nothing to train on"


def test_chosen_data_set_is_shown(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.datasets = [dataset("lawns", grass=12), dataset("pets", "cd", cat=7)]
    page = open_page("data")
    assert "<strong>grass</strong>" in text(page)
    page.button_group(key="dataset").set_value("pets").run()
    assert "<strong>cat</strong>" in text(page)
    assert "<strong>grass</strong>" not in text(page)
    assert page.selectbox(key="training-name").options == ["lawns", "pets"]


def suspects(name: str, count: int) -> LabelSuspects:
    one = {
        "label": "grass",
        "suggested": "<b>dandelion",
        "probability": 0.93,
        "label_probability": 0.07,
        "source": "lawns/1.jpg",
        "split": "holdout",
    }
    found = [{**one, "sha256": f"{number:064x}"} for number in range(count)]
    known = {"name": name, "version": "ab" * 32, "examined_at": datetime.now(UTC), "images": 50, "suspects": found}
    return LabelSuspects.model_validate(known)


def test_labels_to_check_are_shown_with_their_images(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.datasets = [dataset("lawns", grass=12)]
    assert "probably" not in text(open_page("data")), "nothing was examined yet"
    found = suspects("lawns", 14)
    gateway.state.label_suspects = {"lawns": found}
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(picture, "JPEG")
    gateway.state.dataset_images = {
        "ab" * 32: [
            DatasetImage(
                sha256=found.suspects[0].sha256, label="grass", source="1", split=Split.HOLDOUT, corrected=False
            )
        ]
    }
    gateway.state.image_bytes = {found.suspects[0].sha256: picture.getvalue()}
    shown = text(open_page("data"))
    assert "14 of 50 labels are probably wrong" in shown
    assert "meadow data suspects lawns" in shown
    assert shown.count("Labelled <strong>grass</strong>") == 12
    assert "&lt;b&gt;dandelion" in shown
    assert (shown.count("data:image/webp"), shown.count("no preview")) == (1, 11)
    gateway.state.label_suspects = {"lawns": suspects("lawns", 0)}
    assert "0 of 50 labels are probably wrong" in text(open_page("data"))


def test_ingestion_is_started_followed_and_cancelled(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.datasets = [dataset("lawns", grass=12)]
    page = open_page("data")
    page.multiselect(key="ingest-lists").set_value(["dandelion-grass"])
    page.text_input(key="ingest-prefix").set_value("s3://images-bucket/inbox/")
    page.checkbox(key="ingest-corrections").check()
    submit(page, "Add images")
    [asked] = gateway.state.ingestions
    assert (asked.name, asked.add) == ("lawns", True)
    assert [source.type for source in asked.sources] == ["url_list", "s3_prefix", "corrections"]
    assert "Ingestion into lawns started." in text(page)
    assert "Adding images to <b>lawns</b>" in text(page)
    gateway.state.jobs[0].progress = Progress(total=400, done=100)
    page.run()
    assert "100 of 400 images" in text(page)
    page.button(key="cancel-ingest_1").click().run()
    assert gateway.state.jobs[0].state is JobState.CANCELLED
    assert "Adding images to" not in text(page)
    assert "cancelled" in text(page), "listed among the finished ingestions"


def test_invalid_form_is_reported_and_keeps_its_values(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.datasets = [dataset("lawns", grass=12)]
    page = open_page("data")
    page.text_input(key="ingest-prefix").set_value("/home/lawns")
    submit(page, "Add images")
    assert "Enter a prefix such as s3://images-bucket/inbox/." in text(page)
    assert page.text_input(key="ingest-prefix").value == "/home/lawns"
    assert not gateway.state.ingestions


def test_training_run_is_started_and_followed(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.datasets = [dataset("lawns", grass=12)]
    page = open_page("data")
    page.number_input(key="training-epochs").set_value(3)
    page.number_input(key="training-size").set_value(64)
    submit(page, "Train")
    [asked] = gateway.state.trainings
    assert (asked.dataset, asked.epochs, asked.image_size, asked.architecture) == ("lawns", 3, 64, DEFAULT_ARCHITECTURE)
    assert "Training on <b>lawns</b>" in text(page)
    assert "Training on lawns started." in text(page)


def test_rejected_training_run_is_reported(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.datasets = [dataset("lawns", grass=12)]
    gateway.state.refusal = ("overloaded", 503, "<b>10 runs</b> wait.")
    page = submit(open_page("data"), "Train")
    assert "&lt;b&gt;10 runs&lt;/b&gt; wait." in text(page)
    assert not gateway.state.trainings


def test_finished_job_redraws_the_page(gateway: FakeGateway, open_page: OpenPage) -> None:
    job = Job.model_validate(make_job("ingest_9", kind="ingest", name="lawns"))
    gateway.state.jobs = [job]
    page = open_page("data")
    assert "No data sets yet" in text(page)
    gateway.state.jobs = [job.model_copy(update={"state": JobState.SUCCEEDED})]
    gateway.state.datasets = [dataset("lawns", grass=12)]
    gateway.asked.clear()
    page.run()
    assert "<strong>grass</strong>" in text(page)
    assert "Adding images to" not in text(page)
    read = sum(asked.path == "/v1/datasets" for asked in gateway.asked)
    assert read == 2, "the fragment redraws alone, then redraws the whole page once the job has ended"


def test_report_is_fetched_on_request(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.datasets = [dataset("lawns", grass=12)]
    digest = gateway.state.datasets[0].digest
    gateway.state.reports[digest] = b"<h1>Report</h1><script>alert(1)</script>"
    page = open_page("data")
    assert not any("report" in asked.path for asked in gateway.asked)
    page.toggle(key="show-report-lawns").set_value(True).run()
    assert not page.exception
    [frame] = page.get("iframe")
    assert "&lt;script&gt;" in frame.proto.srcdoc
    assert "<script>" not in frame.proto.srcdoc
    gateway.state.reports.clear()
    page.run()
    assert "no such data set or report" in text(page)
    assert page.selectbox(key="training-name"), "the rest of the page is drawn"


def test_unreachable_gateway_shows_its_address(no_gateway: str, open_page: OpenPage) -> None:
    assert no_gateway in text(open_page("data"))


def test_gateway_error_while_following_jobs_is_shown(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.datasets = [dataset("lawns", grass=12)]
    page = open_page("data")
    gateway.reply_problem("unavailable", 503, "S3 does not answer.")
    page.run()
    assert "S3 does not answer." in text(page)
    assert page.button(key="refresh")
