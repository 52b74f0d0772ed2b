import io
import time
from collections.abc import Callable, Sequence

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fake_gateway import FakeGateway
from fake_gateway.answers import classify_by_name, make_model
from meadow_ui.classify.page import EXPLAINED
from meadow_ui.classify.upload_list import CAPACITY, UploadList

OpenPage = Callable[[str], AppTest]


def text(page: AppTest) -> str:
    return "\n".join(str(part.value) for part in page.html)


def cards(page: AppTest) -> list[str]:
    return [str(part.value) for part in page.html if "<article" in str(part.value)]


def drop(page: AppTest, names: Sequence[str]) -> AppTest:
    file = io.BytesIO()
    Image.new("RGB", (8, 6), "green").save(file, "JPEG")
    page.file_uploader[0].set_value([(name, file.getvalue(), "image/jpeg") for name in names])
    page.run()
    assert not page.exception
    return page


def finished(page: AppTest) -> AppTest:
    """Redraw the page once all answers are there, as the browser does."""
    uploads: UploadList = page.session_state["upload-list"]
    deadline = time.monotonic() + 15
    while uploads.pending and time.monotonic() < deadline:
        time.sleep(0.05)
    page.run()
    assert not page.exception
    assert not uploads.pending
    return page


@pytest.mark.usefixtures("gateway")
def test_empty_page_shows_drop_zone_and_notice(open_page: OpenPage) -> None:
    page = open_page("classify")
    assert "It distinguishes <b>dandelion</b> from <b>grass</b>" in text(page)
    assert "No images yet" in text(page)
    assert page.file_uploader[0].accept_multiple_files


@pytest.mark.usefixtures("gateway")
def test_dropped_images_are_classified_and_survive_a_rerun(open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["dandelion.jpg", "grass.jpg", "unsure.jpg", "broken.jpg"]))
    sure, other, unsure, broken = cards(page)
    assert "<h3>dandelion</h3>" in sure
    assert "97.0 %" in sure
    assert "9.4 ms &middot; model 3" in sure
    assert 'src="data:image/webp' in sure
    assert "<h3>grass</h3>" in other
    assert "<h3>Unsure</h3>" in unsure
    assert "closest: dandelion" in unsure
    assert "The image ends early" in broken
    assert "save it as JPEG or PNG" in broken
    assert "4 images" in text(page)
    page.run()
    assert len(cards(page)) == 4, "answers survive a rerun"
    assert page.file_uploader[0].value == [], "and the drop zone is empty again"


def test_pending_image_does_not_hide_finished_answers(gateway: FakeGateway, open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["first.jpg"]))
    gateway.state.seconds_per_image = 60
    drop(page, ["second.jpg"])
    assert "1 of 2 images" in text(page)
    assert ["shimmer" in card for card in cards(page)] == [False, True]
    page.button(key="clear").click().run()


@pytest.mark.usefixtures("gateway")
def test_fifty_images_are_answered(open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), [f"{number}.jpg" for number in range(50)]))
    assert "50 images" in text(page)
    assert len(cards(page)) == 50


def test_page_is_drawn_while_fifty_answers_are_pending(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.seconds_per_image = 60
    page = drop(open_page("classify"), [f"{number}.jpg" for number in range(50)])
    assert "0 of 50 images" in text(page)
    assert all("shimmer" in card for card in cards(page))
    page.button(key="clear").click().run()


@pytest.mark.usefixtures("gateway")
def test_group_filter_shows_matching_images(open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["a.jpg", "grass.jpg", "unsure.jpg"]))
    page.button_group(key="group").set_value("grass").run()
    assert [card.count("<h3>grass</h3>") for card in cards(page)] == [1]


def test_retry_sends_failed_images_again(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.refusal = ("overloaded", 503, "10,000 images wait.")
    page = finished(drop(open_page("classify"), ["a.jpg", "b.jpg"]))
    assert "10,000 images wait." in cards(page)[0]
    assert "Wait a minute, then retry." in cards(page)[0]
    gateway.state.refusal = None
    page.button(key="retry").click().run()
    assert "confident" in cards(finished(page))[0]
    with pytest.raises(KeyError):
        page.button(key="retry")


def test_explain_toggle_explains_the_first_images(gateway: FakeGateway, open_page: OpenPage) -> None:
    page = open_page("classify")
    page.toggle(key="explain").set_value(True).run()
    finished(drop(page, [f"grass {number}.jpg" for number in range(EXPLAINED + 2)]))
    shown = cards(page)
    assert ["explained" in card for card in shown] == [True] * EXPLAINED + [False] * 2
    assert 'alt="grass 0.jpg"' in shown[0], "the image is next to its explanation"
    assert 'src="data:image/png' in shown[0]
    assert "lowers the score of <b>grass</b>." in shown[0]
    asked = [one for one in gateway.asked if one.path == "/v1/classifications"]
    assert sum("explain" in one.query for one in asked) == EXPLAINED


@pytest.mark.usefixtures("gateway")
def test_folder_is_not_explained(open_page: OpenPage) -> None:
    page = open_page("classify")
    page.toggle(key="explain").set_value(True).run()
    page.button_group[0].set_value("Folder").run()
    assert not page.toggle
    assert not any("explained" in card for card in cards(finished(drop(page, ["a.jpg"]))))


@pytest.mark.usefixtures("gateway")
def test_clear_empties_the_page(open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["a.jpg"]))
    page.button(key="clear").click().run()
    assert not cards(page)
    assert "No images yet" in text(page)


@pytest.mark.usefixtures("gateway")
def test_images_beyond_capacity_are_reported(open_page: OpenPage) -> None:
    page = drop(open_page("classify"), ["a.jpg"] * (CAPACITY + 2))
    assert "This page holds up to 500 images; 2 not added." in page.toast[0].value
    page.button(key="clear").click().run()


@pytest.mark.usefixtures("gateway")
def test_cards_beyond_one_page_are_shown_on_request(open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["a.jpg"] * 70))
    assert len(cards(page)) == 60
    page.button(key="more").click().run()
    assert len(cards(page)) == 70


@pytest.mark.usefixtures("gateway")
def test_folder_mode_accepts_a_directory(open_page: OpenPage) -> None:
    page = open_page("classify")
    page.button_group[0].set_value("Folder").run()
    assert page.file_uploader[0].accept_directory


def test_missing_model_hides_the_drop_zone(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.model = None
    page = open_page("classify")
    assert "No model yet" in text(page)
    assert not page.file_uploader
    gateway.state.model = make_model("1")
    page.button(key="refresh").click().run()
    assert page.file_uploader


def test_unreachable_gateway_shows_its_address(no_gateway: str, open_page: OpenPage) -> None:
    page = open_page("classify")
    assert "Gateway unreachable" in text(page)
    assert no_gateway in text(page)
    assert not page.file_uploader


def test_answers_stay_visible_during_a_gateway_error(gateway: FakeGateway, open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["a.jpg"]))
    gateway.reply_problem("unavailable", 503, "Redis does not answer.")
    page.run()
    assert "Redis does not answer." in text(page)
    assert len(cards(page)) == 1


def submitted_labels(page: AppTest) -> list[str]:
    return [str(part.value) for part in page.html if 'class="submitted-label"' in str(part.value)]


def type_in(page: AppTest, key: str, label: str) -> AppTest:
    """Type a label that is not an option, which AppTest would refuse."""
    box = page.selectbox(key=key)
    box.options.append(label)
    box.set_value(label)
    return page


def test_correct_answer_is_confirmed_by_one_click(gateway: FakeGateway, open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["a.jpg", "grass.jpg"]))
    page.button(key="right-2").click().run()
    assert ["Your label: <b>grass</b>" in said for said in submitted_labels(page)] == [True]
    # Images are sent side by side, so which of the jobs it is, only its name tells.
    assert [(kept.label, kept.name) for kept in gateway.state.corrections] == [("grass", "grass.jpg")]
    assert len(cards(page)) == 2
    assert page.button(key="right-1").label == "Correct", "other images still have their buttons"


def test_wrong_answer_can_be_labelled_and_changed(gateway: FakeGateway, open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["a.jpg"]))
    assert page.selectbox(key="other-1-0").options == ["grass"], "the predicted class is not offered"
    page.selectbox(key="other-1-0").set_value("grass").run()
    assert "<b>grass</b>" in submitted_labels(page)[0]
    assert "new class" not in submitted_labels(page)[0]
    page.button(key="change-1").click().run()
    assert not submitted_labels(page)
    type_in(page, "other-1-1", "<i>Daisy</i>").run()
    assert "<b>&lt;i&gt;Daisy&lt;/i&gt;</b>" in submitted_labels(page)[0]
    assert "new class" in submitted_labels(page)[0]
    kept = [(kept.label, kept.new_class) for kept in gateway.state.corrections]
    assert kept == [("grass", False), ("<i>Daisy</i>", True)]


def test_label_for_expired_image_is_sent_with_the_image(gateway: FakeGateway, open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["a.jpg"]))
    gateway.state.images_gone = True
    page.button(key="right-1").click().run()
    assert "<b>dandelion</b>" in submitted_labels(page)[0]
    assert gateway.asked[-1].path != "/v1/jobs/job_1/feedback"
    assert [kept.origin for kept in gateway.state.corrections] == ["correction"]


def test_failed_label_is_reported_and_can_be_resubmitted(gateway: FakeGateway, open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["a.jpg"]))
    gateway.reply_problem("unavailable", 503, "Redis <b>does not</b> answer.")
    page.button(key="right-1").click().run()
    assert "Redis &lt;b&gt;does not" in text(page)
    assert not submitted_labels(page)
    type_in(page, "other-1-1", "Grass").run()
    assert "<b>grass</b>" in submitted_labels(page)[0], "spelled like the class"
    assert "does not" not in text(page)


def test_feedback_is_asked_for_answers_only(gateway: FakeGateway, open_page: OpenPage) -> None:
    page = finished(drop(open_page("classify"), ["broken.jpg", "unsure.jpg"]))
    assert [box.key for box in page.selectbox] == ["other-2-0"]
    assert page.button(key="right-2").label == "Correct: dandelion", "not confident"
    gateway.reply_problem("unavailable", 503, "Redis does not answer.")
    page.run()
    assert not page.selectbox, "no choices without the model's classes"
    assert len(cards(page)) == 2


def test_names_and_labels_are_escaped_as_markdown(gateway: FakeGateway, open_page: OpenPage) -> None:
    evil = "![x](http://tracker/1.png)"
    gateway.state.model = make_model("3").model_copy(update={"classes": [evil, "b"]})
    page = finished(drop(open_page("classify"), [f"{evil} unsure.jpg"]))
    assert "![" not in page.selectbox[0].label
    gateway.state.classify = lambda *_: classify_by_name(b"", "unsure").model_copy(update={"label": evil})
    page = finished(drop(page, ["b.jpg"]))
    assert "![" not in page.button(key="right-2").label
