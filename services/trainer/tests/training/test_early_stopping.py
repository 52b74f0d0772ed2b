"""Early stopping: best weights, patience and restoring from a checkpoint."""

import torch

from meadow_trainer.training.early_stopping import EarlyStopping

LOSSES = [0.9, 0.5, 0.6, 0.55, 0.7]


def _run_epochs(best: EarlyStopping, losses: list[float], *, first: int = 1) -> list[bool]:
    weights = torch.zeros(1)
    ends = []
    for epoch, loss in enumerate(losses, first):
        weights.fill_(epoch)
        ends.append(best.update(epoch, loss, {"weight": weights}))
    return ends


def test_later_epochs_without_improvement_keep_best_weights() -> None:
    best = EarlyStopping(patience=None)
    assert _run_epochs(best, LOSSES) == [False] * 5
    assert (best.epoch, best.loss, best.tensors["weight"].item()) == (2, 0.5, 2.0)


def test_training_ends_after_patience_epochs_without_improvement() -> None:
    assert _run_epochs(EarlyStopping(patience=3), LOSSES) == [False, False, False, False, True]
    assert _run_epochs(EarlyStopping(patience=2), LOSSES)[3]


def test_restored_state_continues_counting_patience() -> None:
    best, other = EarlyStopping(patience=3), EarlyStopping(patience=3)
    _run_epochs(best, LOSSES[:3])
    other.restore(best.metadata(), best.tensors)
    assert _run_epochs(other, LOSSES[3:], first=4) == [False, True]
    assert other.tensors["weight"].item() == 2.0
    empty = EarlyStopping(patience=3)
    empty.restore(EarlyStopping(patience=3).metadata(), {})
    assert (empty.epoch, empty.tensors) == (0, {})
