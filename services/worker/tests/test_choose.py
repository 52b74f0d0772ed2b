from collections.abc import Callable

import pytest

from meadow_worker.engines import choose
from meadow_worker.engines.base import EngineUnavailableError
from meadow_worker.engines.choose import resolve_engine

Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with these engines installed, and with or without a CUDA device."""

    def make(*installed: str, cuda: bool = False) -> None:
        monkeypatch.setattr(choose, "find_spec", lambda name: object() if name in installed else None)
        monkeypatch.setattr(choose, "_has_cuda", lambda: cuda)

    return make


@pytest.mark.parametrize(
    ("installed", "device", "chosen"),
    [
        (("openvino", "torch"), "", "openvino"),
        (("openvino", "torch"), "cuda", "torch"),
        (("openvino",), "cuda", "openvino"),
        (("torch",), "", "torch"),
        (("torch",), "cuda", "torch"),
    ],
)
def test_auto_takes_what_is_fastest_here(
    machine: Machine, installed: tuple[str, ...], device: str, chosen: str
) -> None:
    machine(*installed, cuda=device == "cuda")
    assert resolve_engine("auto") == chosen


def test_an_engine_that_is_asked_for_is_taken(machine: Machine) -> None:
    machine("openvino", "torch", cuda=True)
    assert resolve_engine("openvino") == "openvino"
    machine("openvino", "torch")
    assert resolve_engine("torch") == "torch"


@pytest.mark.parametrize(
    ("wanted", "installed", "extra"),
    [("openvino", "torch", "cpu"), ("torch", "openvino", "gpu"), ("auto", "", "cpu")],
)
def test_a_missing_engine_says_how_to_install_it(machine: Machine, wanted: str, installed: str, extra: str) -> None:
    machine(installed)
    with pytest.raises(EngineUnavailableError, match=rf"not installed here: pip install 'meadow-worker\[{extra}\]'"):
        resolve_engine(wanted)
