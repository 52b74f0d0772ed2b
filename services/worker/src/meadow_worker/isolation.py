"""A pack whose worker died, tried again image by image: only the image at fault is left without an answer.

Before an image is touched, Redis knows that it is; whoever takes the pack after a death knows whom to blame. An image
may have been there by chance, so it is given up only after a few attempts of its own, and one that was there at a death
comes last in the next attempt. Results so far are kept in S3, so that each attempt goes on where the one before ended.
"""

import logging
import time
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from meadow.errors import MeadowError
from meadow.schemas.items import ItemResult
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.settings.services import WorkerSettings
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import pack_partial_results_key
from meadow_core.storage.s3 import ObjectStore, StoreError
from meadow_worker.pack_reader import PackEntry, PackReader
from meadow_worker.packs import AnswerListener, PackOutcome, answer_entry, blame, give_up
from meadow_worker.served_model import ServedModel

SAVE_SECONDS = 1.0
"""How much work a death costs at most."""
MAX_DEATHS_WITHOUT_ANSWER = 16
"""So many processes and not one image answered: the fault lies elsewhere, and more deaths would only hold others up."""

logger = logging.getLogger(__name__)


class PackTakenError(MeadowError):
    """The pack is no longer this attempt's: its batch has ended, or another worker has it."""


class PartialResult(BaseModel):
    """The result of an image of a pack that is not answered whole."""

    place: int
    result: ItemResult


class PackIsolation:
    """Answers packs image by image."""

    def __init__(self, store: ObjectStore, leases: JobLeases, reader: PackReader, settings: WorkerSettings) -> None:
        self._store = store
        self._leases = leases
        self._reader = reader
        self._bucket = settings.jobs_bucket

    def classify(self, claim: Claim, model: ServedModel, on_answer: AnswerListener) -> PackOutcome:
        """Answer every image that lets itself be answered.

        Raises:
            StoreError: The store does not answer.
            PackGoneError: It does not have the pack.
            PackTakenError: The pack is no longer this attempt's.
        """
        entries = self._reader.entries(claim)
        results = self._saved(claim)
        if not results and sum(claim.deaths.values()) >= MAX_DEATHS_WITHOUT_ANSWER:
            return self.give_up(claim)
        logger.warning("trying pack %s image by image; processes that died: %s", claim.unit, dict(claim.deaths))
        saved_at = time.monotonic()
        for place in sorted(range(len(entries)), key=lambda place: claim.deaths.get(place, 0)):
            if place in results or place in claim.culprits:
                continue
            if time.monotonic() - saved_at > SAVE_SECONDS or (place in claim.deaths and results):
                self._try(claim, None)
                self._save(claim, results)
                saved_at = time.monotonic()
            entry = entries[place]
            self._try(claim, place)
            results[place] = answer_entry(entry, self._reader.load(entry), model, on_answer)
        self._try(claim, None)
        results |= _blamed(claim, entries)
        return PackOutcome([results[place] for place in range(len(entries))])

    def give_up(self, claim: Claim) -> PackOutcome:
        """Fail what is not answered yet, without touching it.

        Raises:
            StoreError, PackGoneError: As for `classify`.
        """
        entries = self._reader.entries(claim)
        return give_up(entries, claim.attempt - 1, self._saved(claim) | _blamed(claim, entries))

    def clear(self, claim: Claim) -> None:
        """Delete the results so far of a pack that is answered whole."""
        try:
            self._store.delete(self._bucket, self._key(claim))
        except StoreError as error:
            # It goes with the batch.
            logger.warning("could not delete partial results: %s", error)

    def _try(self, claim: Claim, place: int | None) -> None:
        if not self._leases.try_image(claim, place):
            raise PackTakenError(f"{claim.unit} is no longer this attempt's.")

    def _saved(self, claim: Claim) -> dict[int, ItemResult]:
        try:
            lines = self._store.get(self._bucket, self._key(claim)).splitlines()
        except ObjectMissingError:
            return {}
        partial = map(PartialResult.model_validate_json, lines)
        return {one.place: one.result for one in partial}

    def _save(self, claim: Claim, results: Mapping[int, ItemResult]) -> None:
        lines = [PartialResult(place=place, result=result).model_dump_json() for place, result in results.items()]
        self._store.put(self._bucket, self._key(claim), "\n".join(lines).encode())

    def _key(self, claim: Claim) -> str:
        return pack_partial_results_key(claim.unit.job_id, claim.unit.pack or 0)


def _blamed(claim: Claim, entries: Sequence[PackEntry]) -> dict[int, ItemResult]:
    return {place: blame(entries[place], claim.deaths[place]) for place in claim.culprits}
