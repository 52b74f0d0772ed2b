import json
from collections.abc import Callable

import pytest

from fake_gateway import FakeGateway
from fake_gateway.answers import make_model

Meadow = Callable[..., int]
Shown = pytest.CaptureFixture[str]


@pytest.fixture
def gateway(gateway: FakeGateway) -> FakeGateway:
    refused = make_model("4", aliases=(), accuracy=0.5).model_copy(
        update={"decision": "refused", "reason": "It only [guesses].", "champion": "3", "gain": -0.431, "p_value": 1e-9}
    )
    gateway.state.models = [refused, make_model("3"), make_model("2", aliases=())]
    return gateway


@pytest.mark.parametrize("command", [("models",), ("models", "list")])
def test_the_versions_are_listed_with_what_was_decided(
    meadow: Meadow, gateway: FakeGateway, capsys: Shown, command: tuple[str, ...]
) -> None:
    assert meadow(*command) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown[1:]] == ["4", "3", "2"]
    assert "refused" in shown[1]
    assert "It only [guesses]." in shown[1]
    assert "production" in shown[2]
    del gateway


def test_the_versions_are_listed_as_json(meadow: Meadow, gateway: FakeGateway, capsys: Shown) -> None:
    assert meadow("models", "list", "--json") == 0
    assert [one["ref"]["version"] for one in json.loads(capsys.readouterr().out)] == ["4", "3", "2"]
    del gateway


def test_a_version_is_shown_with_its_history(meadow: Meadow, gateway: FakeGateway, capsys: Shown) -> None:
    assert meadow("models", "promote", "2", "--reason", "a test") == 0
    assert "Version 2 is in production, instead of 3." in capsys.readouterr().out
    assert json.loads(gateway.asked[-1].body) == {"reason": "a test", "force": False}
    assert meadow("models", "show", "2") == 0
    shown = capsys.readouterr().out
    assert "in production since" in shown
    assert "anonymous" in shown
    assert meadow("models", "show", "4") == 0
    shown = capsys.readouterr().out
    assert "version 3" in shown
    assert "-0.431" in shown
    assert "1e-09" in shown
    assert "in production since" not in shown
    assert meadow("models", "show", "2", "--json") == 0
    assert json.loads(capsys.readouterr().out)["promotions"][0]["previous"] == "3"


def test_two_versions_side_by_side(meadow: Meadow, gateway: FakeGateway, capsys: Shown) -> None:
    assert meadow("models", "compare", "3", "4") == 0
    shown = capsys.readouterr().out
    assert "0.931" in shown
    assert "0.500" in shown
    assert "different data sets" not in shown
    gateway.state.models[0] = gateway.state.models[0].model_copy(update={"dataset_digest": "other"})
    assert meadow("models", "compare", "3", "4") == 0
    assert "different data sets" in capsys.readouterr().out
    assert meadow("models", "compare", "3", "4", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_what_was_refused_needs_force(meadow: Meadow, gateway: FakeGateway, capsys: Shown) -> None:
    assert meadow("models", "promote", "4") == 2
    assert "The gate refused version 4." in capsys.readouterr().err
    assert meadow("models", "promote", "4", "--force") == 0
    assert meadow("models", "promote", "4", "--force") == 0
    assert "Version 4 is in production already." in capsys.readouterr().out
    assert meadow("models", "promote", "9") == 2
    assert "There is no model version 9." in capsys.readouterr().err
    del gateway


def test_rolling_back(meadow: Meadow, gateway: FakeGateway, capsys: Shown) -> None:
    assert meadow("models", "rollback") == 2
    assert "None is on record" in capsys.readouterr().err
    assert meadow("models", "promote", "2", "--json") == 0
    assert json.loads(capsys.readouterr().out)["changed"] is True
    assert meadow("models", "rollback", "--reason", "worse on wet grass") == 0
    assert "Rolled back: version 3 is in production again, instead of 2." in capsys.readouterr().out
    assert json.loads(gateway.asked[-1].body) == {"reason": "worse on wet grass"}
    assert gateway.asked[-1].headers["Idempotency-Key"]
