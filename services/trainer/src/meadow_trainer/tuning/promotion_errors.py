"""How often the gate errs (`python -m meadow_trainer.tuning.promotion_errors`).

Simulates a year of weekly retraining, and prints three Markdown tables: promotions of models that are no better, how
soon a better one is promoted, and how often more training images let a worse one through.

The models agree on most images. Some are contested: there each model is correct by chance, as often as its quality
says, half of the time for the first champion. The hold-out stays the same all year, or grows; every challenger is
another one, and who is promoted is the next champion. Recall and the baseline, which only forbid promotions, are left
out.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from meadow_trainer.registry.evidence import is_not_worse, level_of
from meadow_trainer.registry.gate import PromotionRule
from meadow_trainer.registry.mcnemar import PairedTest

RETRAININGS = 52
_HALF = 0.5

Rule: TypeAlias = Callable[[PairedTest, int, int], bool]
"""Whether to promote, by the pairs, the images of the hold-out and the number of the comparison."""


@dataclass(frozen=True)
class Scene:
    """What a year looks like."""

    images: int
    """In the hold-out at the first retraining."""
    differ: float
    """Share of the images on which two equally good models differ."""
    gain: float = 0.0
    """True accuracy of every challenger, less that of the first champion."""
    grown: int = 0
    """Images in the hold-out at the last retraining; 0 keeps it as it is."""

    @property
    def correct(self) -> float:
        """How often a challenger is correct on a contested image."""
        return _HALF + self.gain / (2 * self.differ)


def by_points(paired: PairedTest, images: int, _: int) -> bool:
    """Promote from a gain of half a point on, as the gate did."""
    return paired.only_first - paired.only_second >= 0.005 * images


def by_evidence(paired: PairedTest, images: int, number: int) -> bool:
    """Promote for a gain that chance does not explain: the gate's default."""
    return by_points(paired, images, number) and _p_better(paired) <= level_of(number, _DEFAULT.error_rate)


def for_more_images(paired: PairedTest, images: int, number: int) -> bool:
    """Promote for more training images and equal quality: the gate's default, where the images are given."""
    return paired.only_first >= paired.only_second and _not_worse(paired, images, number)


_DEFAULT = PromotionRule(min_gain=0.005, max_recall_drop=1.0)


@functools.cache
def _p_better(paired: PairedTest) -> float:
    return paired.p_better


@functools.cache
def _not_worse(paired: PairedTest, images: int, number: int) -> bool:
    return is_not_worse(paired, images, margin=_DEFAULT.margin, level=level_of(number, _DEFAULT.error_rate))


def promotions(scene: Scene, rule: Rule, *, years: int, seed: int = 0, first_only: bool = False) -> NDArray[np.int64]:
    """Return the retrainings that promoted: [years, RETRAININGS], 0 or 1.

    Args:
        scene: What the years are like.
        rule: The gate's.
        years: How many to simulate.
        seed: Draws them.
        first_only: Whether a year ends with its first promotion.
    """
    rng = np.random.default_rng(seed)
    promoted = np.zeros((years, RETRAININGS), dtype=np.int64)
    last = max(scene.images, scene.grown)
    images = scene.images + (last - scene.images) * np.arange(RETRAININGS) // (RETRAININGS - 1)
    for year in range(years):
        contested = np.flatnonzero(rng.random(last) < 2 * scene.differ)
        seen = contested < images[:, None]
        champion = rng.random(len(contested)) < _HALF
        challengers = rng.random((RETRAININGS, len(contested))) < scene.correct
        next_up: int | None = 0
        while next_up is not None:
            only_new = (challengers & ~champion & seen).sum(axis=1)
            only_old = (champion & ~challengers & seen).sum(axis=1)
            pairs = [PairedTest(int(new), int(old)) for new, old in zip(only_new, only_old, strict=True)]
            found = (one for one in range(next_up, RETRAININGS) if rule(pairs[one], int(images[one]), one + 1))
            winner = next(found, None)
            if winner is not None:
                promoted[year, winner] = 1
                champion = challengers[winner]
            next_up = None if winner is None or first_only else winner + 1
    return promoted


def main() -> None:
    """Run the command."""
    typer.run(measure_promotion_errors)


def measure_promotion_errors(
    years: Annotated[int, typer.Option(min=1, help="Years to simulate for each row.")] = 2000,
) -> None:
    """Measure how often the gate promotes by chance, and how soon it promotes a better model."""
    console = Console(soft_wrap=True, highlight=False)
    for lines in (false_promotions(years), power(years), harm(years)):
        for line in lines:
            console.print(line, markup=False)
        console.print()


def false_promotions(years: int, sizes: tuple[int, ...] = (73, 150, 300, 1000)) -> Iterator[str]:
    """Yield a table of years in which a model that is no better was promoted."""
    yield (
        "| Hold-out | differ on | years with a false promotion: +0.5 points | by evidence "
        "| promotions a year: +0.5 points | by evidence |"
    )
    yield "|---|---|---|---|---|---|"
    scenes = [Scene(size, differ) for size in sizes for differ in (0.03, 0.14)]
    for scene in [*scenes, *(Scene(sizes[0], differ, grown=sizes[-1]) for differ in (0.03, 0.14))]:
        found = [promotions(scene, rule, years=years) for rule in (by_points, by_evidence)]
        years_with = [f"{one.any(axis=1).mean():.1%}" for one in found]
        a_year = [f"{one.sum(axis=1).mean():.2f}" for one in found]
        size = f"{scene.images} to {scene.grown}" if scene.grown else str(scene.images)
        yield f"| {size} | {scene.differ:.0%} | {' | '.join(years_with)} | {' | '.join(a_year)} |"


def power(years: int, sizes: tuple[int, ...] = (73, 150, 300, 1000)) -> Iterator[str]:
    """Yield a table of how soon a truly better model is promoted."""
    yield "| Hold-out | truly better by | rule | at the first retraining | within 10 | within 52 |"
    yield "|---|---|---|---|---|---|"
    for size in sizes:
        for gain in (0.02, 0.05, 0.10):
            scene = Scene(size, max(0.03, gain * 1.2), gain)
            for name, rule in (("+0.5 points", by_points), ("evidence", by_evidence)):
                found = promotions(scene, rule, years=years, first_only=True)
                within = [f"{found[:, :number].any(axis=1).mean():.0%}" for number in (1, 10, RETRAININGS)]
                yield f"| {size} | {gain * 100:.0f} points | {name} | {' | '.join(within)} |"


def harm(years: int, sizes: tuple[int, ...] = (73, 150, 300, 1000)) -> Iterator[str]:
    """Yield a table of how often more training images are enough, by what the challenger is truly worse."""
    yield "| Hold-out | truly worse by | promoted at the first retraining | ever in 52 |"
    yield "|---|---|---|---|"
    for size in sizes:
        for loss in (0.0, 0.01, 0.02, _DEFAULT.margin):
            scene = Scene(size, max(0.03, loss), -loss)
            found = promotions(scene, for_more_images, years=years, first_only=True)
            first, ever = found[:, 0].mean(), found.any(axis=1).mean()
            yield f"| {size} | {loss * 100:.0f} points | {first:.1%} | {ever:.1%} |"


if __name__ == "__main__":
    main()
