"""What a history of production says about the way back."""

from datetime import UTC, datetime, timedelta

import pytest

from meadow.schemas.promotion import Promotion, PromotionKind
from meadow_core.registry.promotion_history import served_in_order

START = datetime(2026, 5, 4, tzinfo=UTC)


def history(*changes: tuple[str, str]) -> list[Promotion]:
    """Make a history of (previous, version); a version with `<` before it is one rolled back to."""
    return [
        Promotion(
            version=version.removeprefix("<"),
            previous=previous,
            kind=PromotionKind.ROLLED_BACK if version.startswith("<") else PromotionKind.PROMOTED,
            at=START + timedelta(seconds=number),
            by="ann",
        )
        for number, (previous, version) in enumerate(changes)
    ]


@pytest.mark.parametrize(
    ("changes", "current", "served"),
    [
        ([], "4", ["4"]),
        ([("", "1"), ("1", "2"), ("2", "3")], "3", ["1", "2", "3"]),
        ([("1", "2")], "2", ["1", "2"]),
        ([("", "1"), ("1", "2"), ("2", "3"), ("3", "<2")], "2", ["1", "2"]),
        ([("", "1"), ("1", "2"), ("2", "3"), ("3", "<2"), ("2", "<1")], "1", ["1"]),
        ([("", "1"), ("1", "2"), ("2", "<1"), ("1", "3")], "3", ["1", "3"]),
        # An old version that is promoted again is a step forward.
        ([("", "1"), ("1", "2"), ("2", "1")], "1", ["1", "2", "1"]),
        # A change that was written down, and then did not come about.
        ([("", "1"), ("1", "2"), ("1", "3")], "3", ["1", "3"]),
        ([("", "1"), ("1", "2")], "1", ["1"]),
        # Changes that others made in MLflow.
        ([("", "1"), ("5", "2")], "2", ["1", "5", "2"]),
        ([("", "1")], "7", ["1", "7"]),
    ],
)
def test_the_way_back(changes: list[tuple[str, str]], current: str, served: list[str]) -> None:
    assert served_in_order(history(*changes), current) == served
