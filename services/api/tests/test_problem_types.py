from meadow.schemas.problems import ProblemCode
from meadow_api.problem_types import PROBLEM_TYPES


def test_every_problem_has_a_status_and_a_title_of_its_own() -> None:
    assert set(PROBLEM_TYPES) == set(ProblemCode)
    assert all(400 <= kind.status < 600 for kind in PROBLEM_TYPES.values())
    assert len({kind.title for kind in PROBLEM_TYPES.values()}) == len(PROBLEM_TYPES)
