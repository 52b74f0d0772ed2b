"""The demo pictures as a folder-per-class data set."""

import zlib
from pathlib import Path

import numpy as np

from meadow_core.datasets.demo.render import LABELS, render_image


def render_demo_dataset(
    target: Path, *, per_class: int = 120, seed: int = 0, size: tuple[int, int] = (320, 240)
) -> None:
    """Write `target/dandelion/*.jpg` and `target/grass/*.jpg`.

    The same arguments give the same files, byte for byte, with the same version of Pillow and NumPy.

    Args:
        target: Created when missing; files of earlier renderings are overwritten, others are left alone.
        per_class: Pictures per class.
        seed: Another seed gives other pictures.
        size: Width and height, in pixels.
    """
    for label in LABELS:
        folder = target / label
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(per_class):
            # A generator of its own for each picture: more pictures do not change the first ones.
            rng = np.random.default_rng([seed, zlib.crc32(label.encode()), number])
            quality = int(rng.integers(80, 94))
            render_image(label, rng, size).save(folder / f"{label}-{number:04d}.jpg", quality=quality)
