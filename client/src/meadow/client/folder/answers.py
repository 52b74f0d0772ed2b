"""Holding the results of a batch against its plan: an answer for every file, and none twice."""

from collections.abc import Iterable, Iterator, Mapping

from meadow.client.folder.errors import BatchFailedError
from meadow.client.folder.plan import Plan
from meadow.schemas.items import ItemResult


def match(plan: Plan, results: Iterable[ItemResult], unreadable: Mapping[str, ItemResult]) -> Iterator[ItemResult]:
    """Yield one result for each file of the plan, in its order, then the rejected files.

    Args:
        plan: What was sent.
        results: What came back, in the order of the packs.
        unreadable: Reasons that only this machine knows, by name; they replace what came back.

    Raises:
        BatchFailedError: A result belongs to no file of the plan, or came twice.
    """
    coming = iter(results)
    result = next(coming, None)
    for file in plan.files:
        name = file.name
        if result is None or result.item != name:
            yield ItemResult.failure(name, "no-result", "The batch has no result for this file. Classify it again.")
            continue
        yield unreadable.get(name, result)
        result = next(coming, None)
    if result is not None:
        raise BatchFailedError(f"The batch has a result for {result.item} that does not belong to the folder.")
    yield from plan.rejected
