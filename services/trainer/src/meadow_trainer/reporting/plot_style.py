"""Style shared by all plots, and class names that Matplotlib's font can draw."""

from functools import cache

from anyascii import anyascii
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

GREEN = "#2f7d4f"
YELLOW = "#d99a11"
INK = "#26332b"
GRID = "#e3e8e4"
RED = "#b5472f"
DPI = 144


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Make a figure without pyplot, which keeps every figure alive and needs a display."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    style(axes)
    return figure, axes


def style(axes: Axes) -> None:
    """Apply the shared style to axes."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GRID)
    axes.set_facecolor("none")
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=9)
    axes.title.set_fontsize(11)
    axes.title.set_color(INK)


def drawable(name: str) -> str:
    r"""Return a class name that Matplotlib can draw.

    A `$` is escaped, as two of them would enclose a formula. Matplotlib's own font has Latin, Greek and
    Cyrillic letters; names in other scripts are transliterated to Latin: `PuGongYing`.
    """
    if not all(ord(sign) in _glyphs() for sign in name):
        name = anyascii(name)
    return name.replace("$", r"\$")


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
