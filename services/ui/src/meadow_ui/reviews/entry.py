"""One uncertain answer on a person's desk."""

from collections.abc import Callable
from dataclasses import dataclass

from meadow.client import ApiProblem, ClientError, MeadowClient
from meadow.problems import ProblemTypes
from meadow.review.model import ReviewItem
from meadow_ui.labels.said import Said

_GONE = "It is not in the list any more: somebody else has dealt with it, or it had waited for too long."


@dataclass
class Entry:
    """Stays where it is after a person has dealt with it, so that no other picture slips under the pointer."""

    item: ReviewItem
    image: bytes = b""
    """Kept while it is on the desk: the gateway lets its own go as soon as there is a label."""
    thumbnail: str = ""
    said: Said | None = None
    left: bool = False
    """It left the list without a label from here."""
    unheard: str = ""
    """Why what was said last did not arrive."""
    tries: int = 0
    changing: bool = False

    @property
    def dealt_with(self) -> bool:
        """Whether it has left the list."""
        return self.said is not None or self.left

    def label(self, client: MeadowClient, said: Said) -> None:
        """Say what it shows; a second time, too, as long as the image is at hand."""
        self._try(lambda: self._send(client, said))
        if not self.unheard:
            self.said, self.changing = said, False

    def forget(self, client: MeadowClient) -> None:
        """Take it from the list: nobody can tell."""
        self._try(lambda: client.forget_review(self.item.id))
        self.left = self.left or not self.unheard

    def _send(self, client: MeadowClient, said: Said) -> None:
        if self.said is None:
            client.label_review(self.item.id, said.label, new_class=said.new_class)
        else:
            client.correct(
                self.image, said.label, job_id=self.item.job_id, name=self.item.name, new_class=said.new_class
            )

    def _try(self, step: Callable[[], object]) -> None:
        self.tries += 1
        self.unheard = ""
        try:
            step()
        except ApiProblem as problem:
            gone = problem.code == ProblemTypes.NOT_FOUND.code and self.said is None
            self.left = gone
            self.unheard = _GONE if gone else str(problem)
        except ClientError as error:
            self.unheard = str(error)
