"""A bar that is divided as a whole is, with its legend."""

from collections.abc import Sequence
from html import escape

Part = tuple[str, str, int]
"""The CSS class of its colour, its name, and how large it is."""


def stretch(parts: Sequence[Part]) -> str:
    """One stretch a part; parts of nothing are left out."""
    parts = [part for part in parts if part[2]]
    total = sum(count for _, _, count in parts)
    stretches = "".join(f'<b class="{kind}" style="width:{count / total * 100:.2f}%"></b>' for kind, _, count in parts)
    legend = "".join(
        f'<li class="{kind}"><i></i>{escape(name)} <strong>{count:,}</strong></li>' for kind, name, count in parts
    )
    return f'<div class="stretch">{stretches}</div><ul>{legend}</ul>'
