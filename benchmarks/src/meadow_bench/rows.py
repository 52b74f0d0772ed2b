"""The rows of the table: a number, what it is compared with, and what it must be."""

from dataclasses import dataclass
from enum import StrEnum
from statistics import median


class Verdict(StrEnum):
    """Whether a row is as it must be."""

    REACHED = "reached"
    NOT_REACHED = "NOT REACHED"
    TOLD = ""
    """A number without a bar."""


class Unit(StrEnum):
    """What a row's number counts."""

    RATIO = "x"
    MILLISECONDS = " ms"
    MILLISECONDS_OF_CPU = " ms of CPU each"
    COUNT = ""


@dataclass(frozen=True)
class Bar:
    """What a number must be."""

    must: float
    aim: float | None = None
    at_most: bool = False
    """Smaller is better."""

    def holds(self, number: float) -> bool:
        """Whether a number is as it must be. It is compared as measured, not as printed."""
        return number <= self.must if self.at_most else number >= self.must


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    value: str
    """What was measured, in its own unit."""
    against: str
    """What it is compared with, likewise; empty for a number that stands for itself."""
    number: float
    """What the bar is held against."""
    unit: Unit = Unit.RATIO
    bar: Bar | None = None
    spread: tuple[float, float] | None = None
    """Smallest and largest number of the rounds."""

    @property
    def verdict(self) -> Verdict:
        """Whether the bar is reached."""
        if self.bar is None:
            return Verdict.TOLD
        return Verdict.REACHED if self.bar.holds(self.number) else Verdict.NOT_REACHED

    @property
    def shown_number(self) -> str:
        """The number, rounded away from the bar when it would otherwise look as if it were reached."""
        return _shown(self.number, self.unit, self.bar)

    @property
    def shown_bar(self) -> str:
        """What it must be, and what is aimed at."""
        if self.bar is None:
            return ""
        sign = "≤" if self.bar.at_most else "≥"
        aim = "" if self.bar.aim is None else f" (aim {self.bar.aim:g})"
        return f"{sign} {self.bar.must:g}{self.unit}{aim}"

    @property
    def shown_spread(self) -> str:
        """From the smallest to the largest number of the rounds."""
        return "" if self.spread is None else f"{self.spread[0]:.3g} to {self.spread[1]:.3g}"


def ratio_row(what: str, value: str, against: str, ratios: list[float], bar: Bar | None = None) -> Row:
    """Make a row of the ratios of all rounds: their median, and how far they lie apart."""
    spread = (min(ratios), max(ratios)) if len(ratios) > 1 else None
    return Row(what, value, against, median(ratios), Unit.RATIO, bar, spread)


def _shown(number: float, unit: Unit, bar: Bar | None) -> str:
    for digits in (2, 3, 4):
        text = f"{number:.{digits}f}"
        if bar is None or bar.holds(float(text)) == bar.holds(number):
            break
    if unit is Unit.COUNT:
        text = f"{number:g}"
    return f"{text}{unit}"
