"""Which versions have been in production, in the order to go back by."""

from meadow.schemas.promotion import Promotion, PromotionKind


def served_in_order(history: list[Promotion], current: str) -> list[str]:
    """Return the versions to go back by, the one in production last.

    A promotion is a step forward, a rollback takes one back, so that rolling back twice goes back twice.

    Args:
        history: Oldest first.
        current: In production now, whoever put it there.
    """
    served: list[str] = []
    for change in history:
        if change.kind is PromotionKind.ROLLED_BACK:
            _return_to(served, change.version)
            continue
        if change.previous:
            _return_to(served, change.previous)
        served.append(change.version)
    _return_to(served, current)
    return served


def _return_to(served: list[str], version: str) -> None:
    """Make a version the last one: by steps back if it has served, else by one forward, taken outside of Meadow."""
    if version in served:
        while served[-1] != version:
            served.pop()
    else:
        served.append(version)
