from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from meadow.client.testing import FakeGateway
from meadow.client.testing.answers import make_model

OpenPage = Callable[[str], AppTest]


def text(page: AppTest) -> str:
    return "\n".join(str(part.value) for part in page.html)


@pytest.mark.usefixtures("gateway")
def test_the_model_in_production_is_described(open_page: OpenPage) -> None:
    shown = text(open_page("model"))
    assert "version 3" in shown
    assert "93.1 %" in shown
    assert "resnet18" in shown
    assert "128 \N{MULTIPLICATION SIGN} 128" in shown
    assert ">3f6c1d0a94be</code>" in shown
    assert 'title="3f6c1d0a94be3f6c' in shown, "the whole digest is there to compare"
    assert "Hold-out accuracy rose from 0.914 to 0.931." in shown
    assert "no other version" in shown


def test_other_versions_are_listed_newest_first_without_the_one_in_production(
    gateway: FakeGateway, open_page: OpenPage
) -> None:
    gateway.state.model = make_model("9")
    aliases = ("challenger",)
    gateway.state.models = [make_model("2", aliases=()), make_model("10", aliases=aliases), make_model("9")]
    page = open_page("model")
    assert [heading.value for heading in page.subheader] == ["Other versions"]
    listed = page.html[-1].value
    assert listed.index("<strong>10</strong>") < listed.index("<strong>2</strong>")
    assert "challenger" in listed
    assert "<strong>9</strong>" not in listed


def test_without_a_model_the_page_says_how_to_get_one(gateway: FakeGateway, open_page: OpenPage) -> None:
    gateway.state.model, gateway.state.models = None, [make_model("1", aliases=())]
    page = open_page("model")
    assert "No model yet" in text(page)
    assert "<strong>1</strong>" in text(page), "a version that nobody promoted is listed all the same"


def test_a_gateway_that_is_down_is_one_sentence(no_gateway: str, open_page: OpenPage) -> None:
    page = open_page("model")
    assert no_gateway in text(page)
    assert "meadow status" in text(page)
    assert not page.error


def test_what_the_registry_says_is_not_taken_for_markup(gateway: FakeGateway, open_page: OpenPage) -> None:
    model = make_model("3").model_copy(update={"reason": "<script>x</script>", "classes": ["<i>a</i>", "b"]})
    gateway.state.model = model
    shown = text(open_page("model"))
    assert "<script>" not in shown
    assert "<i>a</i>" not in shown
