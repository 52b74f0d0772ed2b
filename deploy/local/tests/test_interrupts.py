import signal

import pytest

from meadow_local.interrupts import as_keyboard_interrupt, held_off


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_end_is_the_same(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), as_keyboard_interrupt():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_must_be_finished_is_not_interrupted(number: signal.Signals) -> None:
    with held_off():
        signal.raise_signal(number)
