"""Things that lie in meadows and are no dandelions; several are yellow or white, or round."""

import numpy as np

from meadow_core.datasets.demo.canvas import Canvas, hsv
from meadow_core.datasets.demo.grass import strokes
from meadow_core.datasets.demo.lighting import Lighting, View, happens


def strew(canvas: Canvas, lighting: Lighting, rng: np.random.Generator, share: float) -> None:
    """Draw some clutter, each kind in the given share of pictures."""
    for kind, weight in (
        (_pebbles, 0.8),
        (_fallen_leaves, 1.0),
        (_ball, 0.5),
        (_dry_tuft, 0.7),
        (_straw, 0.8),
        (_other_flowers, 0.6),
    ):
        if happens(rng, share * weight):
            kind(canvas, lighting, rng)


def _pebbles(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(2, 12)):
        across = canvas.height * rng.uniform(0.01, 0.06)
        x, y = rng.uniform(0, canvas.width), rng.uniform(_highest(lighting), 1.0) * canvas.height
        value = lighting.light * rng.uniform(0.4, 1.1)
        stone = hsv(np.array(rng.uniform(0.05, 0.15)), np.array(rng.uniform(0.02, 0.2)), np.array(min(1.0, value)))
        canvas.disc((x, y), (across, across * rng.uniform(0.5, 0.9)), stone * 0.6)
        canvas.disc((x - across * 0.15, y - across * 0.15), (across * 0.8, across * 0.5), stone)


def _fallen_leaves(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    """Autumn leaves: broad, smooth, yellow to red."""
    count = int(rng.integers(1, 9))
    along = np.linspace(0, 1, 9)
    half = np.sin(np.pi * along) ** 0.8 * rng.uniform(0.22, 0.38)
    shape = np.concatenate([np.stack([along, -half], 1), np.stack([along, half], 1)[::-1]])
    for _ in range(count):
        angle, length = rng.uniform(0, 2 * np.pi), canvas.height * rng.uniform(0.06, 0.22)
        cos, sin = np.cos(angle), np.sin(angle)
        place = np.array([rng.uniform(0, canvas.width), rng.uniform(_highest(lighting), 1.0) * canvas.height])
        points = shape @ np.array([[cos, sin], [-sin, cos]]) * length + place
        value = min(1.0, lighting.light * rng.uniform(0.8, 1.25))
        colour = hsv(np.array(rng.uniform(0.03, 0.15)), np.array(rng.uniform(0.6, 0.95)), np.array(value))
        canvas.shapes(points[None], colour[None])
        tip = place + np.array([cos, sin]) * length
        canvas.lines(place[None], tip[None], colour[None] * 0.7, max(0.5, length / 40))


def _ball(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    """A smooth shaded ball, often yellow: round and yellow, and still no flower."""
    radius = canvas.height * rng.uniform(0.05, 0.24)
    x, y = rng.uniform(0.1, 0.9) * canvas.width, rng.uniform(_highest(lighting), 0.9) * canvas.height
    hue = rng.uniform(0.12, 0.16) if happens(rng, 0.7) else rng.random()
    value = min(1.0, lighting.light * 1.25)
    for shrink in np.linspace(0, 0.8, 16):
        colour = hsv(np.array(hue), np.array(0.95 - 0.5 * shrink), np.array(value * (0.6 + 0.5 * shrink)))
        inner = radius * (1 - shrink)
        canvas.disc((x - radius * 0.3 * shrink, y - radius * 0.35 * shrink), (inner, inner), np.clip(colour, 0, 1))


def _dry_tuft(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    """Yellow blades that fan out from one root, as petals do."""
    count = int(rng.integers(12, 40))
    root = np.array([rng.uniform(0.1, 0.9) * canvas.width, rng.uniform(_highest(lighting), 1.0) * canvas.height])
    lengths = canvas.height * rng.uniform(0.12, 0.4) * rng.uniform(0.5, 1.1, count)
    outlines = strokes(
        root + rng.normal(0, 3, (count, 2)),
        lengths,
        rng.normal(0, 0.7, count),
        rng.normal(0, 0.8, count),
        np.maximum(1.0, lengths * 0.05),
    )
    value = np.clip(lighting.light * rng.uniform(0.75, 1.3, count), 0, 1)
    canvas.shapes(outlines, hsv(rng.uniform(0.11, 0.155, count), rng.uniform(0.5, 0.95, count), value))


def _straw(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    """Pale stalks that lie across each other."""
    count = int(rng.integers(6, 40))
    highest = _highest(lighting)
    starts = rng.uniform((0, highest), (1, 1), (count, 2)) * (canvas.width, canvas.height)
    angle = rng.uniform(0, 2 * np.pi, count)
    lengths = canvas.height * rng.uniform(0.08, 0.4, count)
    ends = starts + np.stack([np.cos(angle), np.sin(angle)], 1) * lengths[:, None]
    value = np.clip(lighting.light * rng.uniform(0.9, 1.3, count), 0, 1)
    canvas.lines(starts, ends, hsv(rng.uniform(0.1, 0.15, count), rng.uniform(0.1, 0.6, count), value), 1.0)


def _other_flowers(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    """Flowers that are no dandelions: daisies and clover, red, pink and violet ones, in loose groups."""
    count = int(rng.integers(3, 30))
    hue, saturation = rng.choice([0.0, 0.93, 0.83, 0.7, 0.0]), rng.choice([0.03, 0.5, 0.85])
    size = canvas.height * rng.uniform(0.008, 0.035)
    middle = np.array([rng.uniform(0, 1), rng.uniform(_highest(lighting), 1)])
    places = (middle + rng.normal(0, 0.16, (count, 2))) * (canvas.width, canvas.height)
    petals = np.arange(7) * 2 * np.pi / 7
    for x, y in places[places[:, 1] > _highest(lighting) * canvas.height]:
        value = np.array(min(1.0, lighting.light * rng.uniform(0.95, 1.25)))
        colour = hsv(np.array(hue), np.array(saturation), value)
        for turn in petals:
            canvas.disc(
                (x + np.cos(turn) * size * 0.7, y + np.sin(turn) * size * 0.5), (size * 0.4, size * 0.3), colour
            )
        canvas.disc((x, y), (size * 0.3, size * 0.22), hsv(np.array(0.13), np.array(0.7), value * 0.8))


def _highest(lighting: Lighting) -> float:
    """Top of the ground, as a share of the picture's height: nothing lies in the sky."""
    return {View.SIDE: 0.65, View.FIELD: 0.5, View.LAWN: 0.0, View.SOIL: 0.0}[lighting.view]
