"""Near duplicates that are found (`python -m meadow_trainer.tuning.near_duplicates`).

Makes a changed copy of each image of a folder, looks for each among the originals, and counts those found. Then looks
for pairs among the images as they are, and prints their files: whether they show one photograph is for a person to say.
"""

import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from rich.console import Console

from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.preprocess import load_pixels
from meadow_core.datasets.errors import DatasetError
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.errors import TrainingError
from meadow_trainer.evaluation.near_duplicates import Pixels, find_near_duplicates
from meadow_trainer.tuning.folder_features import folder_extractor

Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def main() -> None:
    """Run the command."""
    logging.basicConfig(level=logging.ERROR)
    typer.run(measure_near_duplicates)


def measure_near_duplicates(
    data: Annotated[Path, typer.Option(help="Folder with one sub-folder of images per class.")],
) -> None:
    """Measure how many changed copies are found, and what else is."""
    console = Console(soft_wrap=True, highlight=False)
    try:
        source, extractor = folder_extractor(data, TrainingConfig(pretrained=True))
    except (TrainingError, DatasetError) as error:
        console.print(f"✗ {error}", markup=False)
        sys.exit(1)
    most = TrainerSettings.load().max_image_pixels
    entries = source.manifest.entries
    bodies = [source.read(entry) for entry in entries]

    def load(files: list[bytes]) -> Pixels:
        return np.stack([load_pixels(body, extractor.preprocessing, max_pixels=most).pixels for body in files])

    originals = load(bodies)
    features = extractor.embed(originals)
    console.print(f"| Copy of {len(entries)} | found |\n|---|---|")
    for name, (change, quality) in CHANGES.items():
        rng = np.random.default_rng(0)
        copies = load([_changed(body, change, quality, rng) for body in bodies])
        copied = extractor.embed(copies)
        found = 0
        for place in range(len(entries)):
            pair = originals[place], copies[place]
            one = slice(place, place + 1)
            found += bool(find_near_duplicates(features[one], copied[one], lambda *_, pair=pair: pair))
        console.print(f"| {name} | {found / len(entries):.3f} |")
    pairs = find_near_duplicates(
        features,
        features,
        lambda row, column: (originals[row], originals[column]) if row < column else None,
        most=len(entries) ** 2,
        patience=len(entries) ** 2,
    )
    console.print(f"As they are: {len(pairs)} pairs.")
    for near in pairs:
        console.print(f"{entries[near.first].source} {entries[near.second].source} {near.correlation:.2f}")


def _crop(area: float) -> Change:
    def crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        width, height = (round(side * area**0.5) for side in image.size)
        left, top = rng.integers(0, image.width - width + 1), rng.integers(0, image.height - height + 1)
        return image.crop((int(left), int(top), int(left) + width, int(top) + height))

    return crop


def _mirror(image: Image.Image, _: np.random.Generator) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _smaller(image: Image.Image, _: np.random.Generator) -> Image.Image:
    return image.resize((max(1, image.width * 2 // 3), max(1, image.height * 2 // 3)))


CHANGES: dict[str, tuple[Change, int]] = {
    "crop of 90 % of the area": (_crop(0.9), 90),
    "crop of 80 % of the area": (_crop(0.8), 90),
    "mirrored": (_mirror, 90),
    "mirrored crop of 80 %": (lambda image, rng: _crop(0.8)(_mirror(image, rng), rng), 90),
    "JPEG of quality 40": (lambda image, _: image, 40),
    "two thirds of the size": (_smaller, 90),
}
"""What is done to an image, and the quality of the JPEG that it is stored as."""


def _changed(body: bytes, change: Change, quality: int, rng: np.random.Generator) -> bytes:
    file = io.BytesIO()
    with Image.open(io.BytesIO(body)) as image:
        change(image.convert("RGB"), rng).save(file, "JPEG", quality=quality)
    return file.getvalue()


if __name__ == "__main__":
    main()
