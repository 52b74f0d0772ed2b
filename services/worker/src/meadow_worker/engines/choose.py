"""Choosing an engine by what is installed and what the machine has."""

from importlib.util import find_spec
from pathlib import Path

from meadow.bundle.manifest import BundleManifest
from meadow_worker.engines.base import Engine, EngineUnavailableError


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


def load_engine(name: str, bundle: Path, manifest: BundleManifest) -> Engine:
    """Load a bundle into an engine. Engines are heavy to import, so only the chosen one is."""
    if name == "torch":
        from meadow_worker.engines.torch import TorchEngine  # noqa: PLC0415 - see above

        return TorchEngine(bundle, manifest)
    from meadow_worker.engines.openvino import OpenVinoEngine  # noqa: PLC0415 - see above

    return OpenVinoEngine(bundle)


def _has_cuda() -> bool:
    """Ask the driver rather than torch: importing torch takes seconds, and CUDA must not be touched before a fork."""
    return Path("/dev/nvidia0").exists() or Path("/dev/dxg").exists()
