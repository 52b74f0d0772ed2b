"""Dandelions: flower heads, seed heads, stems and toothed leaves."""

from dataclasses import dataclass

import numpy as np

from meadow_core.datasets.demo.canvas import Canvas, Floats, hsv
from meadow_core.datasets.demo.grass import strokes
from meadow_core.datasets.demo.lighting import Lighting, View, happens

_TURN = 2 * np.pi
_SMALLEST_DETAILED = 7.0
"""Radius in pixels below which single petals cannot be seen."""


@dataclass(frozen=True)
class Head:
    """Where a head is, how large, and how it is turned to the camera."""

    x: float
    y: float
    radius: float
    tilt: float
    """1 faces the camera, 0.3 is seen from the side."""
    lean: float
    """Turn in the picture's plane, in radians."""
    seeds: bool

    def place(self, points: Floats) -> Floats:
        """Carry points [..., 2] of the unit disc to where they are seen."""
        flat = points * self.radius * np.array([1.0, self.tilt])
        cos, sin = np.cos(self.lean), np.sin(self.lean)
        return np.asarray(flat @ np.array([[cos, sin], [-sin, cos]]) + np.array([self.x, self.y]))


def plant(canvas: Canvas, lighting: Lighting, rng: np.random.Generator) -> None:
    """Draw one or more dandelions, as the view has them."""
    heads = sorted(_arrange(lighting, rng, canvas.width, canvas.height), key=lambda head: head.y)
    for head in heads:
        if lighting.view in {View.LAWN, View.SOIL} and happens(rng, 0.6):
            _rosette(canvas, lighting, rng, head)
        if lighting.view is not View.LAWN:
            _stem(canvas, lighting, rng, head)
    for head in heads:
        _clock(canvas, lighting, rng, head) if head.seeds else _flower(canvas, lighting, rng, head)


def _arrange(lighting: Lighting, rng: np.random.Generator, width: int, height: int) -> list[Head]:
    """Choose number, places and sizes of the heads."""
    all_seeds = happens(rng, 0.16)
    seeds = 1.0 if all_seeds else rng.choice([0.0, 0.3])
    if lighting.view is View.FIELD:
        near = rng.uniform(0.05, 1, rng.integers(7, 36))
        scale = rng.uniform(0.06, 0.11)
        return [
            Head(
                x=rng.uniform(0, 1) * width,
                y=(0.5 + 0.47 * depth) * height,
                radius=height * (0.012 + scale * depth**1.2),
                tilt=rng.uniform(0.35, 0.7),
                lean=rng.normal(0, 0.2),
                seeds=happens(rng, seeds),
            )
            for depth in near
        ]
    count = int(rng.choice([1, 2, 3, 5], p=[0.45, 0.25, 0.2, 0.1]))
    largest = {1: 0.44, 2: 0.36, 3: 0.3, 5: 0.26}[count]
    face_on = lighting.view in {View.LAWN, View.SOIL}
    # Whoever takes a picture of a dandelion has one of them near the middle.
    middle = [(rng.uniform(0.3, 0.7), rng.uniform(0.25, 0.75 if face_on else 0.55))]
    around = [(rng.uniform(0.12, 0.88), rng.uniform(0.15, 0.85 if face_on else 0.6)) for _ in range(count - 1)]
    return [
        Head(
            x=x * width,
            y=y * height,
            radius=rng.uniform(0.2, largest) * height,
            tilt=rng.uniform(0.75, 1) if face_on else rng.choice([0.4, 0.6, 0.95]) * rng.uniform(0.85, 1.05),
            lean=rng.normal(0, 0.35),
            seeds=happens(rng, seeds),
        )
        for x, y in middle + around
    ]


def _flower(canvas: Canvas, lighting: Lighting, rng: np.random.Generator, head: Head) -> None:
    """Draw a yellow head: rings of narrow petals with blunt tips, deeper in colour towards the middle."""
    hue, light = rng.uniform(0.122, 0.155), min(1.0, lighting.light * rng.uniform(1.15, 1.5))
    if head.tilt < 0.6:  # noqa: PLR2004 - from the side, the green cup under the petals shows
        cup = head.place(np.array([[-0.5, 0.2], [0.5, 0.2], [0.25, 1.5], [-0.25, 1.5]]))
        canvas.shapes(cup[None], lighting.greens(rng, 1, shade=0.7))
    rings = 4 if head.radius > _SMALLEST_DETAILED * 2 else 2
    petals = int(np.clip(head.radius * 1.1, 9, 34))
    for ring in range(rings):
        reach = 1.0 - 0.24 * ring
        around = (np.arange(petals) + rng.uniform(-0.35, 0.35, petals)) / petals * _TURN + ring
        reaches = reach * rng.uniform(0.82, 1.06, petals)
        half = rng.uniform(0.9, 1.3) * np.pi / petals * reach
        corners = np.stack(
            [_polar(around - half, reaches * 0.25), _polar(around - half, reaches * 0.94),
             _polar(around, reaches), _polar(around + half, reaches * 0.94), _polar(around + half, reaches * 0.25)],
            axis=1,
        )  # fmt: skip
        lift = np.array([0.0, -0.22 * ring * (1 - head.tilt)])
        value = light * rng.uniform(0.78, 1.0, petals) * (0.84 + 0.05 * ring)
        colours = hsv(
            hue - 0.006 * ring + rng.normal(0, 0.004, petals), rng.uniform(0.82, 1, petals), np.clip(value, 0, 1)
        )
        canvas.shapes(head.place(corners + lift), colours)
    if head.radius > _SMALLEST_DETAILED:
        count = petals
        starts = _polar(rng.uniform(0, _TURN, count), rng.uniform(0, 0.2, count))
        ends = starts * rng.uniform(1.2, 2.2, (count, 1))
        deep = hsv(np.full(count, hue - 0.03), np.full(count, 0.95), np.full(count, light * 0.75))
        canvas.lines(head.place(starts), head.place(ends), deep, head.radius / 22)


def _clock(canvas: Canvas, lighting: Lighting, rng: np.random.Generator, head: Head) -> None:
    """Draw a seed head: a ball of fine white rays with parachutes at their ends, some of them gone."""
    white = min(1.0, lighting.light * rng.uniform(1.1, 1.4))
    canvas.disc((head.x, head.y), (head.radius, head.radius), np.full(3, white), 0.3)
    count = int(np.clip(head.radius * 4, 24, 150))
    around, reach = rng.uniform(0, _TURN, count), np.sqrt(rng.uniform(0.08, 1, count))
    missing = rng.uniform(0, _TURN)
    kept = np.abs((around - missing) % _TURN) > rng.choice([0.0, 0.0, 1.0, 2.4])
    around, reach, count = around[kept], reach[kept], int(kept.sum())
    centre = np.array([head.x, head.y])
    tips = centre + _polar(around, reach) * head.radius
    grey = np.repeat(white * rng.uniform(0.7, 1.0, (count, 1)), 3, axis=1)
    canvas.lines(np.repeat(centre[None], count, axis=0), tips, grey * 0.9, 0.5, 0.55)
    if head.radius > _SMALLEST_DETAILED:
        spokes = 6
        fan = around[:, None] + np.linspace(-1.4, 1.4, spokes)
        ends = (tips[:, None] + _polar(fan, np.full(fan.shape, head.radius * 0.15))).reshape(-1, 2)
        canvas.lines(np.repeat(tips, spokes, axis=0), ends, np.repeat(grey, spokes, axis=0), 0.5, 0.6)
    brown = hsv(np.array(rng.uniform(0.06, 0.12)), np.array(0.5), np.array(lighting.light * 0.5))
    canvas.disc((head.x, head.y), (head.radius * 0.13, head.radius * 0.13), brown)


def _stem(canvas: Canvas, lighting: Lighting, rng: np.random.Generator, head: Head) -> None:
    """Draw the stem, from the head down: pale, hollow, sometimes reddish."""
    length = head.radius * 1.2 if lighting.view is View.FIELD else canvas.height * 1.1 - head.y
    colour = hsv(np.array([rng.choice([lighting.hue, 0.06])]), np.array([0.35]), np.array([lighting.light * 0.75]))
    canvas.shapes(
        strokes(
            np.array([[head.x, head.y]]),
            np.array([length]),
            np.array([np.pi + head.lean * 0.5]),
            np.array([rng.normal(0, 0.3)]),
            np.array([max(1.2, head.radius * 0.22)]),
        ),
        colour,
    )


def _rosette(canvas: Canvas, lighting: Lighting, rng: np.random.Generator, head: Head) -> None:
    """Draw the leaves at the ground: long, with teeth that point back to the middle."""
    count = int(rng.integers(5, 10))
    along = np.linspace(0, 1, 12)
    outline = np.sin(np.pi * np.clip(along, 0, 0.97)) ** 0.7 * np.where(np.arange(12) % 2, 0.34, 1.0) * 0.17
    colours = lighting.greens(rng, count, shade=0.85)
    origin = np.array([head.x, head.y + head.radius * 0.3])
    length = head.radius * rng.uniform(1.8, 2.9)
    for direction, colour in zip(rng.uniform(0, _TURN, count), colours, strict=True):
        axis, across = (
            _polar(np.array(direction), np.array(1.0)),
            _polar(np.array(direction + np.pi / 2), np.array(1.0)),
        )
        middle = origin + along[:, None] * length * axis
        side = outline[:, None] * length * across
        canvas.shapes(np.concatenate([middle - side, (middle + side)[::-1]])[None], colour[None])
        canvas.lines(origin[None], (origin + axis * length * 0.95)[None], colour[None] * 1.35, max(0.5, length / 60))


def _polar(angle: Floats, radius: Floats) -> Floats:
    """Points [..., 2] at an angle and a distance from the origin."""
    return np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=-1)
