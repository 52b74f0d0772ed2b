import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fake_gateway import FakeGateway
from fake_gateway.answers import make_model, make_review

OpenPage = Callable[[str], AppTest]
FIRST, SECOND = f"{1:064x}", f"{2:064x}"


def text(page: AppTest) -> str:
    return "\n".join(str(part.value) for part in page.html)


def cards(page: AppTest) -> list[str]:
    return [str(part.value) for part in page.html if "<article" in str(part.value)]


def picture(form: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 6), "green").save(file, form, **options)
    return file.getvalue()


def test_uncertain_answers_are_shown_with_buttons_for_classes(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.reviews = [make_review(5, "unsure grass.jpg"), make_review(200, "unknown.jpg", version="2")]
    first = gateway.state.reviews[0].id
    gateway.state.review_images[first] = picture()
    page = open_page("review")
    unsure, unknown = cards(page)
    for expected in ("closest: grass", "56.0 %", "model 3", 'src="data:image/webp', "unsure grass.jpg"):
        assert expected in unsure
    assert re.search(r"\d min ago", unsure)
    for expected in ("no known class", "3 h ago", "model 2", "no preview"):
        assert expected in unknown
    assert "<b>2</b> uncertain answers to review" in text(page)
    assert "No labels yet." in text(page)
    assert [page.button(key=f"is-{first}-{place}").label for place in (0, 1)] == ["dandelion", "grass"], (
        "buttons are in the model's order"
    )


def test_image_without_preview_can_be_labelled(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.reviews = [make_review(1), make_review(2)]
    gateway.state.review_images = {FIRST: picture("PNG")[:45], SECOND: picture()}
    page = open_page("review")
    damaged, whole = cards(page)
    assert "no preview" in damaged
    assert 'src="data:image/webp' in whole
    page.button(key=f"is-{FIRST}-1").click().run()
    assert [kept.label for kept in gateway.state.corrections] == ["grass"]


def test_label_takes_one_click_and_can_be_changed(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.reviews = [make_review(1), make_review(2)]
    gateway.state.review_images[FIRST] = picture()
    page = open_page("review")
    page.button(key=f"is-{FIRST}-1").click().run()
    assert [(kept.label, kept.origin) for kept in gateway.state.corrections] == [("grass", "review")]
    assert "Your label: <b>grass</b>" in text(page)
    assert "<b>1</b> uncertain answer to review." in text(page)
    assert len(cards(page)) == 2
    page.button(key=f"change-{FIRST}").click().run()
    page.button(key=f"is-{FIRST}-0").click().run()
    assert "Your label: <b>dandelion</b>" in text(page)
    assert gateway.state.corrections[-1].label == "dandelion"
    assert [one.id for one in gateway.state.reviews] == [SECOND]


def test_skipped_answer_is_removed_without_a_label(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.reviews = [make_review(1)]
    page = open_page("review")
    page.button(key=f"skip-{FIRST}").click().run()
    assert "Removed from the queue." in text(page)
    assert (gateway.state.reviews, gateway.state.corrections) == ([], [])
    page.button(key="reload").click().run()
    assert "No uncertain answers" in text(page)


def test_typed_new_class_is_submitted_and_escaped(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.reviews = [make_review(1)]
    page = open_page("review")
    box = page.selectbox(key=f"other-{FIRST}-0")
    box.options.append("<b>daisy")
    box.set_value("<b>daisy")
    page.run()
    assert "&lt;b&gt;daisy" in text(page)
    assert "new class" in text(page)
    assert gateway.state.corrections[0].new_class


def test_unlikely_classes_are_in_a_list(gateway: FakeGateway, open_page: OpenPage) -> None:
    classes = [f"c{number}" for number in range(40)]
    gateway.state.model = make_model("3").model_copy(update={"classes": [*classes, "grass", "dandelion"]})
    gateway.state.reviews = [make_review(1)]
    page = open_page("review")
    labels = [button.label for button in page.button if (button.key or "").startswith("is-")]
    assert labels == ["dandelion", "grass", "c0", "c1"]
    assert page.selectbox(key=f"other-{FIRST}-0").options == classes[2:]


def test_pages_can_be_turned_and_survive_an_error(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.reviews = [make_review(number) for number in range(1, 16)]
    page = open_page("review")
    assert (len(cards(page)), "12 of 12 left on this page" in text(page)) == (12, True)
    page.button(key="next").click().run()
    assert len(cards(page)) == 3
    with pytest.raises(KeyError):
        page.button(key="next")
    gateway.reply_problem("unavailable", 503, "S3 is [away](http://evil).")
    page.button(key="back").click().run()
    assert "S3 is" in page.toast[0].value
    assert "[away](" not in page.toast[0].value
    assert len(cards(page)) == 3, "a failed request keeps the current page"
    page.button(key="back").click().run()
    assert len(cards(page)) == 12


@pytest.mark.usefixtures("gateway")
def test_empty_queue_shows_a_notice(open_page: OpenPage) -> None:
    page = open_page("review")
    assert "No uncertain answers" in text(page)
    assert "unlike its training data" in text(page)
    assert page.button(key="refresh")


def test_submitted_labels_are_counted(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.reviews = [make_review(1)]
    gateway.state.review_images[FIRST] = b"1"
    page = open_page("review")
    page.button(key=f"is-{FIRST}-0").click().run()
    assert "1 image labelled so far: 1 dandelion." in text(page)


def test_names_and_labels_are_escaped(gateway: FakeGateway, open_page: OpenPage) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    item = make_review(1, f"{evil} unsure")
    item.prediction.label = item.prediction.scores[0].label = evil
    gateway.state.reviews = [item]
    gateway.state.model = make_model("3").model_copy(update={"classes": ["![x](http://tracker)", evil]})
    page = open_page("review")
    assert "<img src=x" not in text(page)
    assert not any("![" in button.label for button in page.button)


def test_missing_model_hides_the_queue(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.model = None
    gateway.state.reviews = [make_review(1)]
    page = open_page("review")
    assert "No model yet" in text(page)
    assert not cards(page)


def test_unreachable_gateway_shows_its_address(no_gateway: str, open_page: OpenPage) -> None:
    assert no_gateway in text(open_page("review"))
