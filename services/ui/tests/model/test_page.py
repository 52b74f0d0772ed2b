from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from fake_gateway import FakeGateway
from fake_gateway.answers import make_model
from fake_gateway.quality import make_quality
from meadow.schemas.quality import Verdict

OpenPage = Callable[[str], AppTest]


def text(page: AppTest) -> str:
    return "\n".join(str(part.value) for part in page.html)


@pytest.mark.usefixtures("gateway")
def test_production_model_is_described(open_page: OpenPage) -> None:
    shown = text(open_page("model"))
    assert "version 3" in shown
    assert "93.1 %" in shown
    assert "resnet18" in shown
    assert "128 \N{MULTIPLICATION SIGN} 128" in shown
    assert ">3f6c1d0a94be</code>" in shown
    assert 'title="3f6c1d0a94be3f6c' in shown, "the full digest is available"
    assert "Hold-out accuracy rose from 0.914 to 0.931." in shown
    assert "No other versions yet" in shown


def test_other_versions_are_listed_newest_first_without_the_one_in_production(
    gateway: FakeGateway, open_page: OpenPage
) -> None:
    gateway.state.model = make_model("9")
    aliases = ("challenger",)
    gateway.state.models = [make_model("2", aliases=()), make_model("10", aliases=aliases), make_model("9")]
    page = open_page("model")
    assert [heading.value for heading in page.subheader] == ["Answer quality", "Other versions"]
    listed = page.html[-1].value
    assert listed.index("<strong>10</strong>") < listed.index("<strong>2</strong>")
    assert "challenger" in listed
    assert "<strong>9</strong>" not in listed


def test_missing_model_shows_how_to_train_one(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.model, gateway.state.models = None, [make_model("1", aliases=())]
    page = open_page("model")
    assert "No model yet" in text(page)
    assert "<strong>1</strong>" in text(page), "versions that were never promoted are listed, too"


def test_unreachable_gateway_shows_its_address(no_gateway: str, open_page: OpenPage) -> None:
    page = open_page("model")
    assert no_gateway in text(page)
    assert "meadow status" in text(page)
    assert not page.error


def test_registry_text_is_escaped(gateway: FakeGateway, open_page: OpenPage) -> None:
    model = make_model("3").model_copy(update={"reason": "<script>x</script>", "classes": ["<i>a</i>", "b"]})
    gateway.state.model = model
    shown = text(open_page("model"))
    assert "<script>" not in shown
    assert "<i>a</i>" not in shown


def test_quality_is_shown_for_the_chosen_window(gateway: FakeGateway, open_page: OpenPage) -> None:
    model = gateway.state.model
    week = make_quality(
        model, 168, verdict=Verdict.DRIFT, reasons=["Much <b>rain</b>."], images=1200, classes={"grass": 1200}
    )
    gateway.state.quality[168] = week
    page = open_page("model")
    assert "Not enough data yet" in text(page)
    assert "Drift is evaluated from 100 images, labelled accuracy from 30 labels." in text(page)
    page.button_group(key="window").set_value("7 days").run()
    assert "Drift detected" in text(page)
    assert "<li>Much &lt;b&gt;rain&lt;/b&gt;.</li>" in text(page)
    assert "<b>1,200</b> images answered" in text(page)
    assert 'class="class-1" style="width:100.00%"' in text(page), "the colour of grass on every page"


def test_window_beyond_kept_counts_says_so(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.quality[24] = make_quality(gateway.state.model, 12)
    assert "Counts are kept for 12 h only" in text(open_page("model"))


def test_quality_request_failure_leaves_the_rest_of_the_page(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.quality_problem = ("unavailable", 503, "Redis does not answer.")
    shown = text(open_page("model"))
    assert "Redis does not answer." in shown
    assert "No other versions yet" in shown
    assert "93.1 %" in shown
