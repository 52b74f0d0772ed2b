"""Learning rate schedule, with and without a time limit."""

import pytest

from meadow_trainer.training.schedule import Schedule


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _run(schedule: Schedule, clock: Clock, *, steps: int, seconds_per_epoch: float) -> list[float]:
    rates, epoch = [], 0
    while epoch < schedule.epochs:
        for _ in range(steps):
            rates.append(schedule.rate())
            schedule.step()
        clock.now += seconds_per_epoch
        schedule.end_epoch()
        epoch += 1
    return rates


def test_rate_rises_to_peak_and_falls_to_zero() -> None:
    clock = Clock()
    rates = _run(Schedule(epochs=20, steps=5, max_seconds=None, clock=clock), clock, steps=5, seconds_per_epoch=9)
    peak = rates.index(max(rates))
    assert len(rates) == 100
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[0] < 0.05
    assert rates[-1] < 0.01


def test_unreached_time_limit_leaves_schedule_unchanged() -> None:
    free, limited = Clock(), Clock()
    without = _run(Schedule(epochs=10, steps=4, max_seconds=None, clock=free), free, steps=4, seconds_per_epoch=1)
    schedule = Schedule(epochs=10, steps=4, max_seconds=100, clock=limited)
    assert _run(schedule, limited, steps=4, seconds_per_epoch=1) == without
    assert not schedule.shortened


def test_time_limit_shortens_cycle_which_still_ends_low() -> None:
    clock = Clock()
    schedule = Schedule(epochs=50, steps=4, max_seconds=20, clock=clock)
    rates = _run(schedule, clock, steps=4, seconds_per_epoch=2)
    assert schedule.shortened
    assert clock.now <= 20
    assert len(rates) == 10 * 4
    assert rates[-1] < 0.02


def test_run_slower_than_limit_ends_after_one_epoch() -> None:
    clock = Clock()
    assert len(_run(Schedule(epochs=5, steps=3, max_seconds=1, clock=clock), clock, steps=3, seconds_per_epoch=9)) == 3
