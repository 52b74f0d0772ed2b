"""Class names in plots, whatever signs they hold and whichever fonts a machine has."""

from functools import cache

from anyascii import anyascii
from matplotlib.font_manager import FontProperties, findfont, get_font


def drawable(name: str) -> str:
    r"""Return a name as Matplotlib draws it.

    A `$` is escaped, for two of them would enclose a formula. The font that comes with Matplotlib has Latin, Greek and
    Cyrillic letters; a name with other signs is written as it sounds in Latin ones: `PuGongYing`.
    """
    if not all(ord(sign) in _signs() for sign in name):
        name = anyascii(name)
    return name.replace("$", r"\$")


@cache
def _signs() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
