"""Labelled images as a network embeds them."""

from dataclasses import dataclass

from meadow_trainer.evaluation.evaluate import Labels
from meadow_trainer.training.head import Features


@dataclass(frozen=True)
class EmbeddedImages:
    """Embeddings of images, with what each image is."""

    embeddings: Features
    """[N, D]"""
    labels: Labels
    """[N]: index into the classes."""
    digests: tuple[str, ...]
    """[N]: sha256 of each image's file."""
