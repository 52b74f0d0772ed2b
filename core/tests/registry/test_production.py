"""Changing production, on MLflow's own store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from meadow.schemas.models import PRODUCTION_ALIAS, GateDecision, GateRecord, ModelRef
from meadow_core.errors import ProblemError
from meadow_core.registry.production import Production, ProductionMovedError
from meadow_core.registry.versions import ModelRegistry, RegistryError
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS

Register = Callable[..., tuple[ModelRef, Path]]


@pytest.fixture
def production(registry: ModelRegistry) -> Production:
    return Production(registry)


@pytest.fixture
def versions(register: Register) -> list[str]:
    return [register(str(number))[0].version for number in range(3)]


def serving(registry: ModelRegistry) -> str:
    current = registry.production()
    return current.ref.version if current else ""


def test_a_promotion_says_what_was_there_before_who_wanted_it_and_why(
    production: Production, registry: ModelRegistry, versions: list[str]
) -> None:
    first = production.promote(versions[0], by="trainer", reason="The first.")
    second = production.promote(versions[1], by="ann", reason="A test.")
    assert first.changed
    assert second.changed
    assert second.model.aliases == [PRODUCTION_ALIAS]
    assert registry.promotions() == [first.promotion, second.promotion]
    assert second.promotion
    assert (second.promotion.previous, second.promotion.by, second.promotion.reason) == ("1", "ann", "A test.")
    assert serving(registry) == "2"
    assert production.detail("1").promotions == [first.promotion]
    assert production.detail("3").promotions == []


def test_what_is_in_production_is_not_promoted_again(
    production: Production, registry: ModelRegistry, versions: list[str]
) -> None:
    once = production.promote(versions[0], by="ann")
    again = production.promote(versions[0], by="bob")
    assert (again.changed, again.promotion) == (False, once.promotion)
    assert len(registry.promotions()) == 1


def test_rolling_back_twice_goes_back_twice_and_then_says_so(
    production: Production, registry: ModelRegistry, versions: list[str]
) -> None:
    for version in versions:
        production.promote(version, by="trainer")
    assert [production.rollback(by="ann").model.ref.version for _ in range(2)] == ["2", "1"]
    with pytest.raises(ProblemError, match="none is on record that served before it") as caught:
        production.rollback(by="ann")
    assert caught.value.code == "promotion-refused"
    assert serving(registry) == "1"
    # A new promotion begins a new way back.
    production.promote("3", by="ann")
    assert production.rollback(by="ann").model.ref.version == "1"


def test_a_repeated_request_goes_back_once(
    production: Production, registry: ModelRegistry, versions: list[str]
) -> None:
    for version in versions:
        production.promote(version, by="trainer", request=f"key {version}")
    first, second = (production.rollback(by="ann", request="key") for _ in range(2))
    assert (first.changed, second.changed) == (True, False)
    assert first.promotion == second.promotion
    assert serving(registry) == "2"
    assert not production.promote("3", by="trainer", request="key 3").changed
    assert serving(registry) == "2"
    for misused in (
        lambda: production.promote("1", by="ann", request="key"),
        lambda: production.promote("1", by="ann", request="key 3"),
        lambda: production.rollback(by="ann", request="key 3"),
    ):
        with pytest.raises(ProblemError, match="used for another change"):
            misused()  # type: ignore[no-untyped-call]


def test_a_version_that_is_no_bundle_is_passed_over_on_the_way_back(
    production: Production, registry: ModelRegistry, register: Register
) -> None:
    from mlflow import MlflowClient  # noqa: PLC0415 - takes seconds

    for number in range(3):
        production.promote(register(str(number))[0].version, by="ann")
    MlflowClient(registry._uri, registry._uri).delete_model_version(registry._name, "2")
    assert production.rollback(by="ann").model.ref.version == "1"


def test_nothing_to_roll_back(production: Production, versions: list[str]) -> None:
    with pytest.raises(ProblemError, match="No model is in production") as caught:
        production.rollback(by="ann")
    assert caught.value.code == "no-model"
    production.promote(versions[0], by="ann")
    with pytest.raises(ProblemError, match="Version 1 is in production, and none"):
        production.rollback(by="ann")


def test_what_the_gate_refused_needs_force(
    production: Production, registry: ModelRegistry, versions: list[str]
) -> None:
    registry.record_decision(versions[0], GateRecord(decision=GateDecision.REFUSED, reason="It is worse."))
    with pytest.raises(ProblemError, match=r"The gate refused version 1: It is worse\.") as caught:
        production.promote(versions[0], by="ann")
    assert caught.value.code == "promotion-refused"
    assert registry.promotions() == []
    assert production.promote(versions[0], by="ann", force=True).changed
    assert serving(registry) == versions[0]


def test_what_is_no_bundle_needs_force(production: Production, registry: ModelRegistry, tmp_path: Path) -> None:
    from mlflow import MlflowClient  # noqa: PLC0415 - takes seconds

    client = MlflowClient(registry._uri, registry._uri)
    client.create_registered_model(registry._name)
    client.create_model_version(registry._name, source=str(tmp_path))
    with pytest.raises(ProblemError, match="carries no bundle digest"):
        production.promote("1", by="ann")
    assert production.promote("1", by="ann", force=True).changed


def test_an_unknown_version_is_told(production: Production, versions: list[str]) -> None:
    for call in (lambda: production.promote("9", by="ann"), lambda: production.detail("nine")):
        with pytest.raises(ProblemError, match="There is no model version") as caught:
            call()
        assert caught.value.code == "not-found"
    del versions


def test_a_verdict_on_another_champion_changes_nothing(
    production: Production, registry: ModelRegistry, versions: list[str]
) -> None:
    production.promote(versions[0], by="ann", expected="")
    with pytest.raises(ProductionMovedError, match="Version 1 is in production, not none"):
        production.promote(versions[1], by="trainer", expected="")
    assert serving(registry) == versions[0]
    assert production.promote(versions[1], by="trainer", expected="1").changed


def test_a_change_that_fails_leaves_no_record(
    production: Production, registry: ModelRegistry, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_alias: str, _version: str) -> None:
        raise RegistryError("MLflow went away.")

    with monkeypatch.context() as patch:
        patch.setattr(registry, "set_alias", fail)
        with pytest.raises(RegistryError):
            production.promote(versions[0], by="ann")
    assert registry.promotions() == []
    assert production.promote(versions[0], by="ann").changed
