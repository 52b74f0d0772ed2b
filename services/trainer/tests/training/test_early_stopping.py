"""The best weights are kept, and waiting for better ones has an end."""

import torch

from meadow_trainer.training.early_stopping import EarlyStopping

LOSSES = [0.9, 0.5, 0.6, 0.55, 0.7]


def _note(best: EarlyStopping, losses: list[float], *, first: int = 1) -> list[bool]:
    weights = torch.zeros(1)
    ends = []
    for epoch, loss in enumerate(losses, first):
        weights.fill_(epoch)
        ends.append(best.update(epoch, loss, {"weight": weights}))
    return ends


def test_the_best_weights_are_kept_whatever_comes_later() -> None:
    best = EarlyStopping(patience=None)
    assert _note(best, LOSSES) == [False] * 5
    assert (best.epoch, best.loss, best.tensors["weight"].item()) == (2, 0.5, 2.0)


def test_patience_ends_when_nothing_got_better_for_so_long() -> None:
    assert _note(EarlyStopping(patience=3), LOSSES) == [False, False, False, False, True]
    assert _note(EarlyStopping(patience=2), LOSSES)[3]


def test_it_goes_on_from_a_checkpoint() -> None:
    best, other = EarlyStopping(patience=3), EarlyStopping(patience=3)
    _note(best, LOSSES[:3])
    other.restore(best.metadata(), best.tensors)
    assert _note(other, LOSSES[3:], first=4) == [False, True]
    assert other.tensors["weight"].item() == 2.0
    empty = EarlyStopping(patience=3)
    empty.restore(EarlyStopping(patience=3).metadata(), {})
    assert (empty.epoch, empty.tensors) == (0, {})
