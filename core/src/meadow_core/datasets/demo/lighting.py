"""What the parts of one picture have in common: the season, the light, and where the camera is."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from meadow_core.datasets.demo.canvas import Floats, hsv


def happens(rng: np.random.Generator, share: float) -> bool:
    """Throw a coin that falls this way in the given share of throws."""
    return bool(rng.random() < share)


class View(Enum):
    """Where the camera is."""

    SIDE = "side"
    """Among the blades, looking level."""
    LAWN = "lawn"
    """Straight down."""
    FIELD = "field"
    """Across a meadow to the horizon."""
    SOIL = "soil"
    """Down at poor ground with tufts."""


@dataclass(frozen=True)
class Lighting:
    """Drawn once for each picture."""

    view: View
    hue: float
    """Of the grass: yellowish to bluish green."""
    saturation: float
    light: float
    dryness: float
    """Share of blades that have turned yellow or brown."""
    focus: float
    """Blur of the backdrop, as a share of the picture's height."""
    horizon: float
    """Of a field: where the sky ends, as a share of the picture's height."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Lighting":
        """Draw a lighting."""
        return cls(
            view=list(View)[rng.choice(4, p=[0.33, 0.23, 0.28, 0.16])],
            hue=rng.uniform(0.19, 0.36),
            saturation=rng.uniform(0.4, 0.9),
            light=rng.uniform(0.62, 1.0),
            dryness=rng.choice([0.0, 0.05, 0.2, 0.5], p=[0.4, 0.3, 0.2, 0.1]),
            focus=rng.uniform(0.01, 0.05),
            horizon=rng.uniform(0.15, 0.5),
        )

    def greens(self, rng: np.random.Generator, count: int, *, shade: float = 1.0) -> Floats:
        """Draw colours of blades or leaves, [count, 3]; some are dry."""
        hue = self.hue + rng.normal(0, 0.018, count)
        saturation = self.saturation * rng.uniform(0.75, 1.1, count)
        dry = rng.random(count) < self.dryness
        hue = np.where(dry, rng.uniform(0.1, 0.16, count), hue)
        saturation = np.where(dry, rng.uniform(0.3, 0.85, count), saturation)
        value = self.light * shade * rng.uniform(0.55, 1.05, count)
        return hsv(hue, np.clip(saturation, 0, 1), np.clip(value, 0, 1))
