import pytest

from meadow_bench.answers import require_agreement, require_variety
from meadow_bench.engine import Probabilities
from meadow_bench.errors import BenchmarkError


def answers(labels: str) -> dict[str, Probabilities]:
    return {str(place): {"g": 0.2 + 0.6 * (label == "g"), "d": 0.5} for place, label in enumerate(labels)}


def test_equal_labels_are_counted() -> None:
    assert require_agreement("it", answers("gdgd"), answers("gdgg"), least=0.75) == 0.75


def test_too_many_other_labels_end_the_run() -> None:
    with pytest.raises(BenchmarkError, match=r"it gives the label of the bare loop to 75\.0%"):
        require_agreement("it", answers("gdgd"), answers("gdgg"), least=0.76)


def test_an_image_that_was_not_asked_for_ends_the_run() -> None:
    with pytest.raises(BenchmarkError, match="not asked for"):
        require_agreement("it", answers("gdgd"), answers("gdg"), least=0)


def test_a_model_that_says_the_same_of_all_images_is_refused() -> None:
    require_variety(answers("ggggggggggggggggggdd"))
    with pytest.raises(BenchmarkError, match="cannot be compared"):
        require_variety(answers("g" * 39 + "d"))
