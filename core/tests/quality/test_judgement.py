import pytest

from meadow.schemas.predictions import Decision, Prediction, Score
from meadow.schemas.quality import Dimension, Verdict
from meadow_core.quality.counts import LABELLED, RIGHT, count
from meadow_core.quality.judgement import judge_accuracy, judge_drift, overall, quality_rule
from meadow_core.settings import Settings

RULE = quality_rule(Settings())


def predictions(*, sure: int = 0, torn: int = 0, strange: int = 0) -> list[Prediction]:
    kinds = ((sure, 0.97, 0.4), (torn, 0.55, 0.6), (strange, 0.9, 1.7))
    return [
        Prediction(
            label="grass" if number % 2 else "dandelion",
            decision=Decision.CONFIDENT,
            scores=[Score(label="grass", probability=probability)],
            ood_score=unlikeness,
            width=1,
            height=1,
            infer_ms=1,
        )
        for many, probability, unlikeness in kinds
        for number in range(many)
    ]


REFERENCE = count(predictions(sure=60, torn=13))


def test_the_same_kind_of_images_is_no_drift() -> None:
    drift, reasons = judge_drift(REFERENCE, count(predictions(sure=600, torn=130)), RULE)
    assert [one.verdict for one in drift] == [Verdict.OK] * 3
    assert reasons == []


def test_strange_images_are_drift_of_the_input_and_are_said_to_be() -> None:
    drift, reasons = judge_drift(REFERENCE, count(predictions(sure=200, torn=40, strange=150)), RULE)
    assert {one.name: one.verdict for one in drift}[Dimension.INPUT] is Verdict.DRIFT
    assert any("input" in reason and "PSI" in reason for reason in reasons)


def test_few_images_say_nothing() -> None:
    drift, reasons = judge_drift(REFERENCE, count(predictions(strange=RULE.min_images - 1)), RULE)
    assert {one.verdict for one in drift} == {Verdict.TOO_FEW}
    assert reasons == []


@pytest.mark.parametrize(
    ("right", "labelled", "verdict"),
    [
        (20, 40, Verdict.PERFORMANCE_DROP),
        (36, 40, Verdict.OK),
        (33, 40, Verdict.OK),  # fewer, but that may be chance
        (0, RULE.min_labels - 1, Verdict.TOO_FEW),
    ],
)
def test_a_drop_is_called_one_when_chance_does_not_explain_it(right: int, labelled: int, verdict: Verdict) -> None:
    accuracy, reasons = judge_accuracy({LABELLED: labelled, RIGHT: right}, 0.9, RULE)
    assert accuracy.verdict is verdict
    assert bool(reasons) == (verdict is Verdict.PERFORMANCE_DROP)
    assert accuracy.low is not None
    assert accuracy.high is not None
    assert accuracy.low <= right / labelled <= accuracy.high


def test_wrong_answers_weigh_more_than_what_only_looks_different() -> None:
    drift, _ = judge_drift(REFERENCE, count(predictions(strange=300)), RULE)
    dropped, _ = judge_accuracy({LABELLED: 100, RIGHT: 40}, 0.9, RULE)
    unlabelled, _ = judge_accuracy({}, 0.9, RULE)
    assert overall(dropped, drift) is Verdict.PERFORMANCE_DROP
    assert overall(unlabelled, drift) is Verdict.DRIFT
    assert overall(unlabelled, []) is Verdict.TOO_FEW
