"""OOD scores compared on real photographs (`python -m meadow_trainer.tuning.unknown_images`).

Each score is fitted on the training images of several re-splits of a folder, and told apart with it are: the images of
each class from those of a class that the fit did not know, by which a score is chosen; the hold-out from drawings,
noise and documents; and the hold-out from photographs of other things, if there is a folder of them, which nothing is
chosen by. Prints a Markdown table.
"""

import logging
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.decode import ImageRejectedError
from meadow_core.bundle.outliers import pixel_statistics
from meadow_core.bundle.preprocess import Preprocessing, load_pixels
from meadow_core.bundle.training_embeddings import normalise_embeddings
from meadow_core.datasets.errors import DatasetError
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.calibration.embedding_outliers import KEPT, out_of_fold_distances, summarise_embeddings
from meadow_trainer.calibration.pixel_outliers import fit_pixel_outliers
from meadow_trainer.errors import TrainingDataError, TrainingError
from meadow_trainer.evaluation.evaluate import Floats, Labels
from meadow_trainer.evaluation.roc_pr import auroc
from meadow_trainer.evaluation.synthetic_ood import render_synthetic_ood
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.embedded_images import EmbeddedImages
from meadow_trainer.training.head import Features
from meadow_trainer.tuning.folder_features import folder_extractor

_HOLDOUT = 0.25
_NEIGHBOURS = 5


@dataclass(frozen=True)
class Images:
    """Images with their embeddings."""

    pixels: NDArray[np.uint8]
    embeddings: Features
    labels: Labels

    def part(self, rows: NDArray[np.int64]) -> "Images":
        """Return some of the images."""
        return Images(self.pixels[rows], self.embeddings[rows], self.labels[rows])


Score = Callable[[Images], Floats]
"""Scores of images, [N]: higher is less like the images it was fitted on."""
Fit = Callable[[Images], tuple[Score, Floats]]
"""Fits a score; the second part are scores of the images that it was fitted on, each left out if that matters."""


def main() -> None:
    """Run the command."""
    logging.basicConfig(level=logging.ERROR)
    typer.run(measure_unknown_images)


def measure_unknown_images(
    data: Annotated[Path, typer.Option(help="Folder with one sub-folder of images per class.")],
    others: Annotated[Path | None, typer.Option(help="Folder of photographs of other things.")] = None,
    splits: Annotated[int, typer.Option(min=1, help="Re-splits of the images.")] = 10,
) -> None:
    """Compare OOD scores on real photographs."""
    console = Console(soft_wrap=True, highlight=False)
    try:
        known, drawn, foreign = _read(data, others)
        for line in table(known, drawn, foreign, splits):
            console.print(line, markup=False)
    except (TrainingError, DatasetError) as error:
        console.print(f"✗ {error}", markup=False)
        sys.exit(1)


def table(known: Images, drawn: Images, others: Images | None, splits: int) -> Iterator[str]:
    """Yield the lines of the table.

    Args:
        known: Images of the classes.
        drawn: Rendered images that belong to none.
        others: Photographs of other things.
        splits: How often the images are split anew.
    """
    yield "| Score | AUROC, class left out | AUROC, drawn | AUROC, others | hold-out unknown | others unknown |"
    yield "|---|---|---|---|---|---|"
    for name, fit in _FITS.items():
        rows = [_measure(fit, known, drawn, others, seed) for seed in range(splits)]
        means = [statistics.mean(column) for column in zip(*rows, strict=True)]
        left_out = statistics.mean(_left_out(fit, known))
        cells = ["-" if np.isnan(value) else f"{value:.3f}" for value in (left_out, *means)]
        yield f"| {name} | {' | '.join(cells)} |"


def _measure(
    fit: Fit, known: Images, drawn: Images, others: Images | None, seed: int
) -> tuple[float, float, float, float]:
    order = np.random.default_rng(seed).permutation(len(known.labels))
    kept = round(_HOLDOUT * len(order))
    score, out_of_fold = fit(known.part(order[kept:]))
    limit = float(np.quantile(out_of_fold, KEPT, method="higher"))
    holdout = score(known.part(order[:kept]))
    separated = auroc(holdout, score(drawn))
    if others is None:
        return separated, float("nan"), float((holdout > limit).mean()), float("nan")
    foreign = score(others)
    return separated, auroc(holdout, foreign), float((holdout > limit).mean()), float((foreign > limit).mean())


def _left_out(fit: Fit, known: Images) -> Iterator[float]:
    """Leave out each class in turn: how well are its images told from unseen ones of the others?"""
    for label in np.unique(known.labels):
        own = np.random.default_rng(0).permutation(np.flatnonzero(known.labels != label))
        unseen = len(own) // 3
        score, _ = fit(known.part(own[unseen:]))
        yield auroc(score(known.part(own[:unseen])), score(known.part(np.flatnonzero(known.labels == label))))


def _fit_pixels(images: Images) -> tuple[Score, Floats]:
    model = fit_pixel_outliers(images.pixels)
    if model is None:
        raise TrainingError("There are too few images to fit a score on.")
    fitted = model

    def score(some: Images) -> Floats:
        return fitted.distances(pixel_statistics(some.pixels))

    return score, score(images)


def _fit_mahalanobis(images: Images) -> tuple[Score, Floats]:
    known = np.unique(images.labels, return_inverse=True)[1]
    digests = ("0" * 64,) * len(known)
    summary = summarise_embeddings(EmbeddedImages(images.embeddings, known, digests), int(known.max()) + 1)
    return lambda some: summary.distances(some.embeddings), out_of_fold_distances(images.embeddings, known)


def _fit_nearest(images: Images) -> tuple[Score, Floats]:
    rows = normalise_embeddings(images.embeddings)
    similarities = np.sort(rows @ rows.T, axis=1)[:, ::-1]
    # The first one is the image itself.
    own = 1 - similarities[:, 1 : _NEIGHBOURS + 1].mean(axis=1)

    def score(some: Images) -> Floats:
        found = np.sort(normalise_embeddings(some.embeddings) @ rows.T, axis=1)[:, ::-1]
        return np.asarray(1 - found[:, :_NEIGHBOURS].mean(axis=1), dtype=np.float64)

    return score, own.astype(np.float64)


_FITS: dict[str, Fit] = {
    "pixel statistics, Mahalanobis": _fit_pixels,
    f"embedding, mean cosine to {_NEIGHBOURS} nearest": _fit_nearest,
    "embedding, Mahalanobis (served)": _fit_mahalanobis,
}


def _read(data: Path, others: Path | None) -> tuple[Images, Images, Images | None]:
    source, extractor = folder_extractor(data, TrainingConfig(pretrained=True))
    found = extractor.of(source.manifest.entries, TrainingCallbacks())
    # Of very many images, pixels are kept of some.
    places = {digest: place for place, digest in enumerate(found.digests)}
    kept = np.array([places[digest] for digest in found.plain.digests], dtype=np.int64)
    known = Images(found.plain.pixels, found.features[kept], found.labels[kept])

    def embed(pixels: NDArray[np.uint8]) -> Images:
        return Images(pixels, extractor.embed(pixels), np.zeros(len(pixels), dtype=np.int64))

    drawn = embed(np.concatenate(list(render_synthetic_ood(extractor.preprocessing).values())))
    return known, drawn, None if others is None else embed(_read_others(others, extractor.preprocessing))


def _read_others(folder: Path, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Decode what is in a folder; files that are no images are named and left out."""
    most = TrainerSettings.load().max_image_pixels
    pixels = []
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        try:
            pixels.append(load_pixels(file.read_bytes(), preprocessing, max_pixels=most).pixels)
        except ImageRejectedError as error:
            typer.echo(f"{file} is left out: {error.detail}", err=True)
    if not pixels:
        raise TrainingDataError(f"No file in {folder} is an image that can be read.")
    return np.stack(pixels)


if __name__ == "__main__":
    main()
