"""Choosing an engine by what is installed and what the machine has."""

from importlib.util import find_spec
from pathlib import Path

from meadow_core.bundle.manifest import BundleError, BundleManifest
from meadow_core.bundle.probe import read_probe
from meadow_worker.engines.base import Engine, EngineUnavailableError
from meadow_worker.engines.parity import check_parity
from meadow_worker.engines.precision import Precision
from meadow_worker.engines.precision_autotuning import autotuned_engine


def resolve_engine(wanted: str) -> str:
    """Name the engine to use: for `auto`, torch where it finds CUDA, else OpenVINO, else torch on the CPU.

    Raises:
        EngineUnavailableError: The engine is not installed.
    """
    has_openvino, has_torch = find_spec("openvino") is not None, find_spec("torch") is not None
    if wanted == "auto":
        if has_torch and (not has_openvino or _has_cuda()):
            return "torch"
        wanted = "openvino"
    installed = {"openvino": has_openvino, "torch": has_torch}
    if not installed[wanted]:
        extra = {"openvino": "cpu", "torch": "gpu"}[wanted]
        raise EngineUnavailableError(f"Engine {wanted!r} is not installed here: pip install 'meadow-worker[{extra}]'.")
    return wanted


def load_engine(name: str, bundle: Path, manifest: BundleManifest, *, wanted: str = "auto") -> Engine:
    """Load a bundle into an engine, and check on the bundle's probe that it answers as the network was trained to.

    Engines are heavy to import, so only the chosen one is.

    Args:
        name: As `resolve_engine` gives it.
        bundle: The folder.
        manifest: Of the bundle.
        wanted: A precision, or `auto` for the fastest one that passes the probe. The torch engine has one only.

    Raises:
        BundleError: It fails the probe, or does not have the precision that is wanted.
    """
    probe = read_probe(bundle)
    if probe.logits.shape[1:] != (len(manifest.classes),):
        raise BundleError(f"The bundle in {bundle} names {len(manifest.classes)} classes, its network has others.")
    if name == "torch":
        from meadow_worker.engines.torch import TorchEngine  # noqa: PLC0415 - see above

        engine: Engine = TorchEngine(bundle, manifest)
        check_parity(engine, probe)
        return engine
    from meadow_worker.engines.openvino import OpenVinoEngine, available_precisions  # noqa: PLC0415 - see above

    candidates = available_precisions(bundle)
    if wanted != "auto":
        if wanted not in candidates:
            raise BundleError(f"This bundle cannot be run in {wanted} here, only in {', '.join(candidates)}.")
        candidates = (Precision(wanted),)
    return autotuned_engine(bundle, probe, candidates, lambda precision: OpenVinoEngine(bundle, precision))


def shares_device(name: str) -> bool:
    """Whether one process with many threads serves this engine, because it spreads one run over the whole device."""
    return name == "torch"


def _has_cuda() -> bool:
    """Ask the driver rather than torch: importing torch takes seconds, and CUDA must not be touched before a fork."""
    return Path("/dev/nvidia0").exists() or Path("/dev/dxg").exists()
