from itertools import islice

from meadow_airflow.gateway.pauses import growing_pauses


def test_pauses_grow_up_to_a_limit_and_never_end() -> None:
    pauses = list(islice(growing_pauses(first=1, longest=8), 50))
    assert 0.5 <= pauses[0] <= 1
    assert max(pauses) <= 8
    assert min(pauses[10:]) >= 4
