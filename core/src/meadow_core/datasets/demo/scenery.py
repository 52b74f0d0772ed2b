"""What stands at the end of a meadow, and above it: trees, hedges, fences, houses and clouds."""

import numpy as np

from meadow_core.datasets.demo.canvas import Canvas, hsv
from meadow_core.datasets.demo.lighting import Lighting, happens

_LEAVES = 90


def furnish(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    """Draw what is seen along the horizon of a field, in most pictures something."""
    for thing, share in ((_clouds, 0.4), (_house, 0.2), (_trees, 0.55), (_hedge, 0.4), (_fence, 0.2)):
        if happens(rng, share):
            thing(canvas, lighting, rng)


def _clouds(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(1, 5)):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, lighting.horizon) * canvas.height
        across = canvas.width * rng.uniform(0.05, 0.2)
        for _ in range(14):
            puff = across * rng.uniform(0.15, 0.4)
            centre = x + rng.normal(0, across * 0.5), y + rng.normal(0, across * 0.12)
            canvas.disc(centre, (puff, puff * 0.6), np.full(3, rng.uniform(0.85, 1.0)), 0.35)


def _trees(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    ground = lighting.horizon * canvas.height
    for _ in range(rng.integers(1, 9)):
        x, tall = rng.uniform(0, canvas.width), canvas.height * rng.uniform(0.1, 0.38)
        wide = tall * rng.uniform(0.25, 0.5)
        bark = hsv(np.array([0.08]), np.array([0.4]), np.array([lighting.light * 0.35]))
        canvas.lines(np.array([[x, ground + 2]]), np.array([[x, ground - tall * 0.6]]), bark, max(1.0, wide * 0.15))
        _foliage(canvas, lighting, rng, (x, ground - tall * 0.62), (wide, tall * 0.4))


def _hedge(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    tall = canvas.height * rng.uniform(0.03, 0.14)
    ground = lighting.horizon * canvas.height
    left, right = sorted(rng.uniform(-0.3, 1.3, 2) * canvas.width)
    for x in np.arange(left, right, tall):
        _foliage(canvas, lighting, rng, (float(x), ground - tall * 0.5), (tall * 0.8, tall * 0.6))
    if happens(rng, 0.4):  # in bloom
        count = int(rng.integers(10, 60))
        hue, light = rng.choice([0.0, 0.93, 0.8, 0.08]), lighting.light
        for x, y in zip(rng.uniform(left, right, count), ground - tall * rng.uniform(0, 1, count), strict=True):
            size = tall * rng.uniform(0.05, 0.14)
            canvas.disc((x, y), (size, size), hsv(np.array(hue), np.array(rng.uniform(0.5, 0.9)), np.array(light)))


def _foliage(
    canvas: Canvas, lighting: Lighting, rng: np.random.Generator, centre: tuple[float, float],
    radii: tuple[float, float],
) -> None:  # fmt: skip
    """Fill an ellipse with leaves, dark below and light above."""
    around, reach = rng.uniform(0, 2 * np.pi, _LEAVES), np.sqrt(rng.uniform(0, 1, _LEAVES))
    across, down = np.cos(around) * reach, np.sin(around) * reach
    value = np.clip(lighting.light * (0.42 - 0.2 * down) * rng.uniform(0.7, 1.2, _LEAVES), 0, 1)
    hue = lighting.hue + rng.normal(0.01, 0.02, _LEAVES)
    for x, y, colour in zip(across, down, hsv(hue, np.full(_LEAVES, 0.6), value), strict=True):
        size = radii[1] * rng.uniform(0.1, 0.3)
        canvas.disc((centre[0] + x * radii[0], centre[1] + y * radii[1]), (size, size), colour)


def _fence(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    ground, tall = lighting.horizon * canvas.height, canvas.height * rng.uniform(0.05, 0.12)
    gap = tall * rng.uniform(0.2, 0.6)
    posts = np.arange(-gap, canvas.width + gap, gap)
    colour = hsv(np.array(0.09), np.array(rng.choice([0.02, 0.4])), np.array(lighting.light * rng.uniform(0.7, 1.1)))
    tops, feet = (np.stack([posts, np.full(len(posts), y)], axis=1) for y in (ground - tall, ground))
    canvas.lines(tops, feet, np.tile(colour, (len(posts), 1)), max(0.8, gap * 0.3))
    rails = ground - tall * np.array([0.25, 0.75])
    starts, ends = (np.stack([np.full(2, x), rails], axis=1) for x in (0.0, float(canvas.width)))
    canvas.lines(starts, ends, np.tile(colour, (2, 1)) * 0.95, max(0.8, tall * 0.08))


def _house(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    ground, tall = lighting.horizon * canvas.height, canvas.height * rng.uniform(0.08, 0.25)
    left, wide = rng.uniform(-0.1, 0.9) * canvas.width, tall * rng.uniform(1.0, 2.2)
    wall = hsv(np.array(rng.uniform(0, 0.12)), np.array(rng.uniform(0.03, 0.6)), np.array(lighting.light * 0.9))
    roof = hsv(np.array(rng.uniform(0, 0.1)), np.array(rng.uniform(0.1, 0.7)), np.array(lighting.light * 0.45))
    box = np.array([[left, ground], [left, ground - tall], [left + wide, ground - tall], [left + wide, ground]])
    gable = np.array(
        [
            [left - wide * 0.06, ground - tall],
            [left + wide * 0.5, ground - tall * 1.6],
            [left + wide * 1.06, ground - tall],
        ]
    )
    canvas.shapes(box[None], wall[None])
    canvas.shapes(gable[None], roof[None])
    for x in np.linspace(left + wide * 0.15, left + wide * 0.75, int(rng.integers(2, 5))):
        corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]]) * (wide * 0.1, tall * 0.25)
        window = corners + np.array([x, ground - tall * 0.7])
        canvas.shapes(window[None], roof[None] * 0.6)
