import pytest

from fake_gateway.batches import make_limits
from meadow.client.folder import BatchFailedError, NamedFile, Plan, make_plan
from meadow.client.folder.answers import match
from meadow.schemas.items import ItemResult

LARGE = 21 << 20


@pytest.fixture
def plan() -> Plan:
    return make_plan([NamedFile("a", 1), NamedFile("b", LARGE), NamedFile("c", 1)], make_limits())


def results(*names: str) -> list[ItemResult]:
    return [ItemResult.failure(name, "came-back", "") for name in names]


def matched(
    plan: Plan, came: list[ItemResult], unreadable: dict[str, ItemResult] | None = None
) -> list[tuple[str, str]]:
    return [(result.item, result.error.code) for result in match(plan, came, unreadable or {}) if result.error]


def test_every_file_has_one_result(plan: Plan) -> None:
    assert matched(plan, results("a", "c")) == [("a", "came-back"), ("c", "came-back"), ("b", "too-large")]


def test_a_reason_that_only_this_machine_knows_comes_first(plan: Plan) -> None:
    unreadable = {"c": ItemResult.failure("c", "file-unreadable", "")}
    assert matched(plan, results("a", "c"), unreadable)[1] == ("c", "file-unreadable")


@pytest.mark.parametrize("came", [("c",), ("a",), ()])
def test_a_result_that_did_not_come_is_a_failed_image(plan: Plan, came: tuple[str, ...]) -> None:
    lost = {"a", "c"} - set(came)
    assert {name for name, code in matched(plan, results(*came)) if code == "no-result"} == lost


@pytest.mark.parametrize("came", [("a", "a", "c"), ("a", "c", "c"), ("a", "x", "c"), ("a", "c", "x")])
def test_a_result_too_many_is_not_passed_over(plan: Plan, came: tuple[str, ...]) -> None:
    with pytest.raises(BatchFailedError, match="does not belong"):
        matched(plan, results(*came))
