"""A batch's results, read pack by pack from the object store: memory does not grow with the batch."""

from collections.abc import Iterator

from meadow.schemas.items import ItemFilter, ItemPage, ItemResult
from meadow_core.page_tokens import parse_places
from meadow_core.storage.layout import pack_results_key
from meadow_core.storage.s3 import ObjectMissingError, ObjectStore

PACKS_A_PAGE = 200
"""A filter that takes next to nothing must not make one request read a whole batch."""


class BatchResults:
    """The results of one batch that a filter takes."""

    def __init__(self, store: ObjectStore, bucket: str, batch_id: str, packs: int, wanted: ItemFilter) -> None:
        self._store = store
        self._bucket = bucket
        self._batch_id = batch_id
        self._packs = packs
        self._wanted = wanted

    def items(self) -> Iterator[ItemResult]:
        """Yield every result that is there, in the order of the packs."""
        for number in range(self._packs):
            yield from filter(self._wanted.takes, self._pack(number) or ())

    def stored_lines(self) -> Iterator[bytes]:
        """Yield the lines of each pack as its worker wrote them, whatever the filter."""
        for number in range(self._packs):
            body = self._body(number)
            if body:
                yield body if body.endswith(b"\n") else body + b"\n"

    def page(self, *, size: int, token: str, finished: bool) -> ItemPage:
        """Return up to `size` results after the token's place.

        While the batch runs, a page ends before the first pack without results, and its token leads there.

        Raises:
            ProblemError: The token is none of this list's.
        """
        number, offset = parse_places(token, 2)
        last = min(self._packs, number + PACKS_A_PAGE)
        items: list[ItemResult] = []
        while number < last and len(items) < size:
            pack = self._pack(number)
            if pack is None and not finished:
                break
            for result in (pack or [])[offset:]:
                offset += 1
                if self._wanted.takes(result):
                    items.append(result)
                if len(items) == size:
                    break
            if offset >= len(pack or []):
                number, offset = number + 1, 0
        at_end = finished and number >= self._packs
        return ItemPage(items=items, next_page_token="" if at_end else f"{number}.{offset}")

    def _pack(self, number: int) -> list[ItemResult] | None:
        body = self._body(number)
        return None if body is None else [ItemResult.model_validate_json(line) for line in body.splitlines()]

    def _body(self, number: int) -> bytes | None:
        try:
            return self._store.get(self._bucket, pack_results_key(self._batch_id, number))
        except ObjectMissingError:
            return None
