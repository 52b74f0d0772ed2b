import pytest

from meadow.jobs.model import JobError
from meadow.problems import PROBLEM_TYPES
from meadow_ui.pictures.advice import advice


@pytest.mark.parametrize("code", [*PROBLEM_TYPES, "gateway-unreachable", "cancelled", "expired", "brand-new"])
def test_there_is_always_something_to_do(code: str) -> None:
    assert advice(JobError(code=code, detail="")).endswith(".")
