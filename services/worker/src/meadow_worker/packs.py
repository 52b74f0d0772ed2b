"""Classifying a pack: decode, run in batches, and a result for every image, whatever it holds."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from meadow.schemas.items import ItemResult, ItemState
from meadow.schemas.jobs import JobError
from meadow.schemas.predictions import Prediction
from meadow.schemas.problems import ProblemCode
from meadow_core.bundle.decode import ImageRejectedError
from meadow_core.bundle.region import DecodedImage
from meadow_worker.inference import answer_all
from meadow_worker.pack_reader import PackEntry, PackImage
from meadow_worker.served_model import ServedModel

INFERENCE_BATCH = 16


@dataclass(frozen=True)
class PackOutcome:
    """The results of a pack, and their counts."""

    results: list[ItemResult]

    @property
    def failed(self) -> int:
        """Images without an answer."""
        return sum(result.state is ItemState.FAILED for result in self.results)

    @property
    def succeeded(self) -> int:
        """Images with an answer."""
        return len(self.results) - self.failed

    @property
    def given_up(self) -> int:
        """Images that are believed to kill their workers."""
        codes = [result.error.code for result in self.results if result.error]
        return codes.count(ProblemCode.WORKER_LOST)

    @property
    def classes(self) -> dict[str, int]:
        """Images per predicted class."""
        return Counter(result.prediction.label for result in self.results if result.prediction)

    def as_ndjson(self) -> bytes:
        """Write one result a line, in the order of the pack."""
        return "".join(result.model_dump_json() + "\n" for result in self.results).encode()


AnswerListener = Callable[[str, bytes, Prediction], None]
"""Told of every answer: the image's name, its bytes, and the answer."""


def classify_images(
    images: Iterable[PackImage], model: ServedModel, on_answer: AnswerListener = lambda *_: None
) -> PackOutcome:
    """Answer every image of a pack; one that cannot be decoded is a failed item, never a failed pack."""
    results: list[ItemResult] = []
    waiting: list[tuple[int, bytes, DecodedImage]] = []

    def run() -> None:
        answers = answer_all([image for _, _, image in waiting], model)
        for (place, body, _), answer in zip(waiting, answers, strict=True):
            if isinstance(answer, Prediction):
                on_answer(results[place].item, body, answer)
                results[place] = results[place].model_copy(update={"prediction": answer})
            else:
                results[place] = _failure(results[place].item, answer)
        waiting.clear()

    for place, (name, body) in enumerate(images):
        results.append(ItemResult(item=name, state=ItemState.SUCCEEDED))
        if isinstance(body, JobError):
            results[place] = _failure(name, body)
            continue
        try:
            waiting.append((place, body, model.decode(body)))
        except ImageRejectedError as error:
            results[place] = _failure(name, JobError(code=error.code, detail=error.detail))
        if len(waiting) == INFERENCE_BATCH:
            run()
    if waiting:
        run()
    return PackOutcome(results)


def answer_entry(entry: PackEntry, body: bytes | JobError, model: ServedModel, on_answer: AnswerListener) -> ItemResult:
    """Answer an image by itself."""
    return classify_images([(entry.name, body)], model, on_answer).results[0]


def give_up(entries: Iterable[PackEntry], attempts: int, answered: Mapping[int, ItemResult]) -> PackOutcome:
    """Fail every image of a pack that keeps killing its workers, without touching its bytes.

    Args:
        entries: The pack's images.
        attempts: How many attempts there were.
        answered: What is known of some of them, by their places.
    """
    error = JobError(
        code=ProblemCode.WORKER_LOST,
        detail=f"The pack was given up after {attempts} attempts: each time its worker died or went silent.",
    )
    return PackOutcome(
        [
            answered.get(place) or _failure(entry.name, entry.content if isinstance(entry.content, JobError) else error)
            for place, entry in enumerate(entries)
        ]
    )


def blame(entry: PackEntry, deaths: int) -> ItemResult:
    """Fail an image that kills its workers."""
    times = "" if deaths == 1 else f" {deaths} times"
    return ItemResult.failure(
        entry.name,
        ProblemCode.WORKER_LOST,
        f"The worker process died{times} while it worked on this image alone. "
        "Leave the image out, or save it anew with another program.",
    )


def _failure(name: str, error: JobError) -> ItemResult:
    return ItemResult(item=name, state=ItemState.FAILED, error=error)
