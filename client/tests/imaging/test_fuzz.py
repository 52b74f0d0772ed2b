"""A short run of `make fuzz`: whatever is done to a file, it is decoded or refused, and nothing else."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from image_fuzz.checker import Checker
from image_fuzz.mutations import Case, cases
from image_fuzz.parts import split
from image_fuzz.seeds import seeds

CASES = 1200


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    with Checker() as running:
        yield running


@pytest.mark.slow
@settings(max_examples=CASES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_mutated_file_is_decoded_or_refused(checker: Checker, case: Case) -> None:
    assert not checker.check(case.body)


def test_whole_file_of_every_kind_is_decoded(checker: Checker) -> None:
    before = checker.counts.copy()
    for name, body in seeds().items():
        assert not checker.check(body), name
        assert b"".join(split(body)) == body, name
    gained = checker.counts - before
    assert gained["read_region: pixels"] == gained["thumbnail: pixels"] == len(seeds())


def test_child_that_dies_or_raises_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    with Checker() as doomed:
        assert doomed.check(b"") == ""
        assert doomed._child
        doomed._child.kill()
        doomed._child.wait()
        assert "died with status -9" in doomed.check(b"")
        monkeypatch.setattr("image_fuzz.checker.PEAK_BYTES", 1)
        assert "MB of memory" in doomed.check(b"")
