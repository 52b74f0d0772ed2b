"""The demo's pictures: some to learn from, and others, never seen in training, to classify."""

from dataclasses import dataclass
from pathlib import Path

from meadow_core.datasets.demo import LABELS, render_demo_dataset
from meadow_local.home import Home

TRAINING_PER_CLASS = 120
FRESH_PER_CLASS = 24
TRAINING_SEED = 0
FRESH_SEED = 1


@dataclass(frozen=True)
class Pictures:
    """Two folders of pictures."""

    training: Path
    """One sub-folder a class, which the first model learns from."""
    fresh: Path
    """Others, that no model was trained on."""


def draw_pictures(home: Home) -> Pictures:
    """Render both folders; what an earlier demo has drawn to its end is taken as it is."""
    return Pictures(
        training=_drawn(home.root / "demo" / "training", TRAINING_PER_CLASS, TRAINING_SEED),
        fresh=_drawn(home.root / "demo" / "pictures", FRESH_PER_CLASS, FRESH_SEED),
    )


def _drawn(folder: Path, per_class: int, seed: int) -> Path:
    if len(list(folder.glob("*/*.jpg"))) != per_class * len(LABELS):
        render_demo_dataset(folder, per_class=per_class, seed=seed)
    return folder
