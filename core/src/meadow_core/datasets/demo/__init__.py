"""A data set that needs no download: pictures of dandelions and of grass, drawn by rule.

They are varied on purpose (light, season, distance, camera, clutter, yellow things that are no dandelions), so that a
model has to learn shape and colour together.
"""

from meadow_core.datasets.demo.dataset import render_demo_dataset
from meadow_core.datasets.demo.render import LABELS, render_image

__all__ = ["LABELS", "render_demo_dataset", "render_image"]
