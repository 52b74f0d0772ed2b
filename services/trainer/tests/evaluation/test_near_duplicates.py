"""Near duplicates among drawn textures, of which crops and mirrors are made."""

import numpy as np
import pytest
from PIL import Image

from meadow_trainer.evaluation.near_duplicates import Pixels, find_near_duplicates, overlap

SIDE = 224


def texture(seed: int) -> Pixels:
    """Draw noise at several sizes, as photographs have detail at several sizes."""
    rng = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(rng.integers(0, 256, (size, size, 3), dtype=np.uint8)).resize(
                (SIDE, SIDE), Image.Resampling.BICUBIC
            ),
            dtype=np.float64,
        )
        for size in (6, 14, 30)
    ]
    return np.asarray(np.mean(layers, axis=0).astype(np.uint8))


def crop(pixels: Pixels, side: int, left: int, top: int) -> Pixels:
    part = Image.fromarray(pixels).crop((left, top, left + side, top + side))
    return np.asarray(part.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("side", [SIDE, 212, 200])
def test_crops_and_mirrors_overlap(side: int, *, mirrored: bool) -> None:
    for seed in range(3):
        copy = crop(texture(seed), side, SIDE - side, (SIDE - side) // 3)
        copy = copy[:, ::-1] if mirrored else copy
        assert overlap(texture(seed), copy) > 0.85
        assert overlap(copy, texture(seed)) > 0.85


def test_other_textures_do_not_overlap() -> None:
    assert max(overlap(texture(seed), texture(seed + 1)) for seed in range(5)) < 0.75
    assert overlap(np.full((SIDE, SIDE, 3), 9, np.uint8), texture(0)) < 0.5


def test_pairs_need_similar_embeddings_and_the_same_pixels() -> None:
    images = [texture(0), texture(1), texture(2)]
    copies = [images[0][:, ::-1], images[1][:, ::-1], texture(9)]
    first = np.eye(3, 8, dtype=np.float32)
    second = first.copy()
    second[1] = -1
    asked: list[tuple[int, int]] = []

    def pixels(row: int, column: int) -> tuple[Pixels, Pixels] | None:
        asked.append((row, column))
        return images[row], copies[column]

    [found] = find_near_duplicates(first, second, pixels)
    assert (found.first, found.second) == (0, 0), "1 has other embeddings, and 2 other pixels"
    assert found.correlation > 0.95
    assert sorted(asked) == [(0, 0), (2, 2)]
    assert find_near_duplicates(first, second, lambda *_: None) == []


def test_most_similar_pairs_are_checked_first() -> None:
    first = np.eye(1, 4, dtype=np.float32)
    second = np.array([[1, 0.4, 0, 0], [1, 0.1, 0, 0], [1, 0.2, 0, 0]], dtype=np.float32)
    asked: list[int] = []
    find_near_duplicates(first, second, lambda _, column: asked.append(column), most=2)
    assert asked == [1, 2]


def test_search_ends_after_so_many_pairs_in_a_row_that_are_none() -> None:
    embeddings = np.ones((6, 4), dtype=np.float32)
    noise = np.random.default_rng(0).integers(0, 256, (12, 64, 64, 3), dtype=np.uint8)
    asked: list[tuple[int, int]] = []

    def pixels(first: int, second: int) -> tuple[Pixels, Pixels]:
        asked.append((first, second))
        return noise[first], noise[first] if len(asked) == 2 else noise[6 + second]

    found = find_near_duplicates(embeddings, embeddings, pixels, patience=3)
    assert [(one.first, one.second) for one in found] == [asked[1]]
    assert len(asked) == 5, "one miss, a find, three misses"
