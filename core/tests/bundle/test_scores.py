import numpy as np
import pytest

from meadow.schemas.predictions import Decision
from meadow_core.bundle.manifest import BundleManifest, HoldoutMetrics
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.bundle.scores import decide, log_odds, probabilities

LOGITS = np.array([[2.0, 0.0, 1.0], [-1e4, 1e4, 0.0]], dtype=np.float32)


@pytest.fixture
def manifest() -> BundleManifest:
    return BundleManifest(
        architecture="resnet18",
        classes=("ant", "bee", "cat"),
        preprocessing=Preprocessing(size=64),
        decision_threshold=0.6,
        dataset_name="demo",
        dataset_digest="d1",
        metrics=HoldoutMetrics(accuracy=0.9, expected_calibration_error=0.02, examples=100, recall={}, precision={}),
    )


def test_probabilities_are_the_softmax_and_survive_large_logits() -> None:
    answer = probabilities(LOGITS, 1.0)
    np.testing.assert_allclose(answer[0], [0.66524096, 0.09003057, 0.24472847], atol=1e-7)
    np.testing.assert_array_equal(answer[1], [0, 1, 0])


def test_temperature_softens_without_changing_the_order() -> None:
    soft = probabilities(LOGITS, 2.0)
    np.testing.assert_allclose(soft[0], probabilities(LOGITS[:1] / np.float32(2), 1.0)[0])
    assert soft[0].argmax() == 0
    assert soft[0, 0] < probabilities(LOGITS, 1.0)[0, 0]


def test_log_odds_are_those_of_the_probabilities_and_go_on_where_they_end() -> None:
    for index in range(3):
        share = probabilities(LOGITS[:1], 1.7)[0, index]
        np.testing.assert_allclose(log_odds(LOGITS, 1.7, index)[0], np.log(share / (1 - share)))
    assert log_odds(LOGITS, 1.0, 1)[1] == pytest.approx(1e4)


def test_the_most_likely_class_comes_first(manifest: BundleManifest) -> None:
    _, scores = decide(np.array([0.2, 0.3, 0.5]), manifest)
    assert [(score.label, score.probability) for score in scores] == [("cat", 0.5), ("bee", 0.3), ("ant", 0.2)]


@pytest.mark.parametrize(("top", "decision"), [(0.6, Decision.CONFIDENT), (0.5999, Decision.UNSURE)])
def test_the_threshold_itself_is_sure_enough(manifest: BundleManifest, top: float, decision: Decision) -> None:
    assert decide(np.array([top, 1 - top, 0]), manifest)[0] is decision


@pytest.mark.parametrize(
    ("ood_score", "decision"), [(None, Decision.CONFIDENT), (1.0, Decision.CONFIDENT), (1.0001, Decision.UNKNOWN)]
)
def test_what_is_unlike_the_training_images_is_unknown_however_sure(
    manifest: BundleManifest, ood_score: float | None, decision: Decision
) -> None:
    assert decide(np.array([1, 0, 0]), manifest, ood_score=ood_score)[0] is decision


def test_fewer_classes_are_named_on_request(manifest: BundleManifest) -> None:
    decision, scores = decide(np.array([0.1, 0.2, 0.7]), manifest, top_k=1)
    assert (decision, [score.label for score in scores]) == (Decision.CONFIDENT, ["cat"])
    assert len(decide(np.array([0.1, 0.2, 0.7]), manifest, top_k=9)[1]) == 3


def test_rounding_never_makes_more_than_certain(manifest: BundleManifest) -> None:
    assert decide(np.array([1.0000000000000002, 0, 0]), manifest)[1][0].probability == 1
