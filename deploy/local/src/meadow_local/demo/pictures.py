"""The demo's pictures: some to learn from, and others, never seen in training, to classify."""

from pathlib import Path

from meadow_core.datasets.demo import render_demo_dataset
from meadow_local.home import Home

TRAINING_PER_CLASS = 200
FRESH_PER_CLASS = 24
TRAINING_SEED = 0
FRESH_SEED = 1


def training_pictures(home: Home) -> Path:
    """Render the folder-per-class data set that the first model learns from."""
    folder = home.root / "demo" / "training"
    render_demo_dataset(folder, per_class=TRAINING_PER_CLASS, seed=TRAINING_SEED)
    return folder


def fresh_pictures(home: Home) -> Path:
    """Render pictures that no model was trained on."""
    folder = home.root / "demo" / "pictures"
    render_demo_dataset(folder, per_class=FRESH_PER_CLASS, seed=FRESH_SEED)
    return folder
