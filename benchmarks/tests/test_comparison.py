from dataclasses import dataclass, field
from pathlib import Path

import pytest

from meadow_bench.comparison import Images, Turn, compete
from meadow_bench.errors import BenchmarkError

LABELS = {"0.jpg": {"g": 0.9, "d": 0.1}, "1.jpg": {"g": 0.2, "d": 0.8}}
IMAGES = Images("two", Path(), [Path(name) for name in LABELS], requests=2)


@dataclass
class Runner:
    """Takes the times that it is given."""

    name: str
    seconds: list[float]
    order: list[str]
    answers: dict[str, dict[str, float]] = field(default_factory=lambda: dict(LABELS))
    same_engine: bool = True

    @property
    def title(self) -> str:
        return self.name

    def take_turn(self, images: Images) -> Turn:
        assert images is IMAGES
        self.order.append(self.name)
        return Turn(self.seconds.pop(0), self.answers)


def quiet(_: str) -> None:
    pass


def test_everybody_runs_once_a_round_in_alternating_order() -> None:
    order: list[str] = []
    limit, one, two = (Runner(name, [1.0, 1.0, 1.0], order) for name in ("limit", "one", "two"))
    compete(limit, [one, two], IMAGES, 3, quiet)
    assert order == ["limit", "one", "two", "two", "one", "limit", "limit", "one", "two"]


def test_ratios_are_made_round_by_round() -> None:
    limit, one = Runner("limit", [1.0, 2.0, 4.0], []), Runner("one", [2.0, 2.0, 5.0], [])
    results = compete(limit, [one], IMAGES, 3, quiet)
    assert results.ratios("one", "limit") == pytest.approx([0.5, 1.0, 0.8])
    assert results.rate("limit") == 1.0


def test_wrong_answers_end_the_contest() -> None:
    wrong = Runner("wrong", [1.0], [], {**LABELS, "0.jpg": {"g": 0.1, "d": 0.9}})
    with pytest.raises(BenchmarkError, match="wrong gives the label"):
        compete(Runner("limit", [1.0], []), [wrong], IMAGES, 1, quiet)


def test_no_answer_at_all_ends_the_contest() -> None:
    with pytest.raises(BenchmarkError, match="silent answered nothing"):
        compete(Runner("limit", [1.0], []), [Runner("silent", [1.0], [], {})], IMAGES, 1, quiet)
