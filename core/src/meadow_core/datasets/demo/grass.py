"""Blades of grass."""

import numpy as np

from meadow_core.datasets.demo.canvas import Canvas, Floats
from meadow_core.datasets.demo.lighting import Lighting, View

_STEPS = np.linspace(0, 1, 6)


def strokes(roots: Floats, lengths: Floats, angles: Floats, bends: Floats, widths: Floats) -> Floats:
    """Outline curved strokes that taper to a point.

    Args:
        roots: [N, 2], where they start.
        lengths: [N], in pixels.
        angles: [N], direction at the root, in radians; 0 points up.
        bends: [N], how far the direction has turned at the tip, in radians.
        widths: [N], at the root, in pixels.

    Returns:
        [N, points, 2].
    """
    direction = angles[:, None] + bends[:, None] * _STEPS
    step = lengths[:, None, None] / (len(_STEPS) - 1) * np.stack([np.sin(direction), -np.cos(direction)], axis=-1)
    middle = roots[:, None] + np.cumsum(step, axis=1) - step[:, :1]
    across = np.stack([np.cos(direction), np.sin(direction)], axis=-1) * widths[:, None, None] / 2
    across = across * (1 - _STEPS**1.5)[None, :, None]
    return np.concatenate([middle - across, (middle + across)[:, ::-1]], axis=1)


def grow(canvas: Canvas, lighting: Lighting, rng: np.random.Generator, *, density: float, front: bool = False) -> None:
    """Draw blades as the view has them.

    Args:
        canvas: Drawn on.
        lighting: Gives view and colours.
        rng: Source of all randomness.
        density: 1 covers the ground.
        front: A few tall blades before everything else, instead of the ground cover.
    """
    width, height = canvas.width, canvas.height
    most = {View.SIDE: 110, View.LAWN: 340, View.FIELD: 330, View.SOIL: 110}[lighting.view]
    count = max(1, int(density * most * (0.1 if front else 1.0)))
    x = rng.uniform(-0.05, 1.05, count) * width
    angles, bends = rng.normal(0, 0.25, count), rng.normal(0, 0.7, count)
    if lighting.view is View.LAWN:
        y = rng.uniform(-0.05, 1.1, count) * height
        lengths = rng.uniform(0.12, 0.34) * height * rng.uniform(0.5, 1.3, count)
        angles = rng.normal(rng.uniform(-3, 3), rng.uniform(0.4, 2.0), count)
    elif lighting.view is View.FIELD:
        near = np.sort(rng.uniform(0, 1, count) ** 0.7)
        y = (lighting.horizon + (1.1 - lighting.horizon) * near) * height
        lengths = (0.03 + 0.2 * near**2) * height * rng.uniform(0.5, 1.4, count)
    elif lighting.view is View.SOIL:
        tufts = rng.uniform(0, 1, (max(1, count // 14), 2)) * (width, height)
        chosen = tufts[rng.integers(0, len(tufts), count)]
        x, y = (chosen + rng.normal(0, 0.02 * height, (count, 2))).T
        lengths = 0.22 * height * rng.uniform(0.3, 1.2, count)
        angles = rng.normal(0, 0.8, count)
    else:
        y = np.sort(rng.uniform(0.85, 1.25, count)) * height
        lengths = rng.uniform(0.35, 0.85) * height * rng.uniform(0.4, 1.2, count)
    widths = np.maximum(1.0, lengths * rng.uniform(0.05, 0.11)) * rng.uniform(0.6, 1.3, count)
    outlines = strokes(np.stack([x, y], axis=1), lengths, angles, bends, widths)
    shade = (
        np.linspace(0.65, 1.0, count)[:, None] if lighting.view is not View.LAWN else rng.uniform(0.55, 1, (count, 1))
    )
    canvas.shapes(outlines, lighting.greens(rng, count) * shade)
