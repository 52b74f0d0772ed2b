"""Grass in flower: ears and plumes on tall stalks."""

import numpy as np

from meadow_core.datasets.demo.canvas import Canvas, hsv
from meadow_core.datasets.demo.grass import strokes
from meadow_core.datasets.demo.lighting import Lighting

_GRAINS = 70


def bear_ears(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    """Draw a stand of grass in flower: slender ears as of rye, or broad plumes as of pampas grass."""
    count = int(rng.integers(2, 14))
    plume = rng.uniform(0.04, 0.3)
    """Width of an ear, as a share of its length."""
    hue, saturation = rng.choice([0.1, 0.12, 0.15, 0.93]), rng.uniform(0.05, 0.55)
    tall = canvas.height * rng.uniform(0.3, 0.8)
    feet = np.stack([rng.uniform(0, 1, count) * canvas.width, np.full(count, canvas.height * 1.02)], axis=1)
    lengths, leans = tall * rng.uniform(0.8, 1.2, count), rng.normal(rng.normal(0, 0.12), 0.13, count)
    bends = rng.normal(0, 0.2, count)
    stalks = strokes(feet, lengths, leans, bends, np.full(count, max(1.2, tall * 0.012)))
    canvas.shapes(stalks, lighting.greens(rng, count, shade=0.9))
    for foot, length, lean in zip(feet, lengths, leans + bends / 2, strict=True):
        along = np.array([np.sin(lean), -np.cos(lean)])
        ear = length * rng.uniform(0.25, 0.45)
        places = rng.uniform(0, 1, _GRAINS)
        grains = foot + along * (length - ear * 0.3 + ear * places)[:, None]
        angles = lean + rng.normal(0, 0.25 + 2 * plume, _GRAINS)
        sizes = ear * plume * (1.1 - places) * rng.uniform(0.5, 1.2, _GRAINS) + ear * 0.05
        value = np.clip(lighting.light * rng.uniform(0.75, 1.25, _GRAINS), 0, 1)
        colours = hsv(np.full(_GRAINS, hue), np.full(_GRAINS, saturation), value)
        canvas.shapes(strokes(grains, sizes, angles, rng.normal(0, 0.5, _GRAINS), sizes * 0.22), colours, 0.85)
