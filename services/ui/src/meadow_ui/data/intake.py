"""What a person wants to be taken into a data set, made into a request."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from meadow.ingestion import CorrectedLabels, IngestRequest, IngestSource, LabelledPrefix, ListedUrls


class IntakeError(ValueError):
    """It is not enough to begin with; the text says what is missing."""


@dataclass(frozen=True)
class Intake:
    """The form as it was filled in."""

    name: str
    lists: Sequence[str]
    """Names of lists that come with Meadow."""
    prefix: str
    corrections: bool
    add: bool

    def request(self) -> IngestRequest:
        """Make a request of it.

        Raises:
            IntakeError: Something is missing, or the prefix is none.
        """
        name, prefix = self.name.strip(), self.prefix.strip()
        if not name:
            raise IntakeError("Name the data set: letters, digits, - and _.")
        sources: list[IngestSource] = [ListedUrls(name=one) for one in self.lists]
        if prefix:
            try:
                sources.append(LabelledPrefix(uri=prefix))
            except ValidationError as error:
                raise IntakeError("A prefix looks like s3://images-bucket/inbox/.") from error
        if self.corrections:
            sources.append(CorrectedLabels())
        if not sources:
            raise IntakeError("Say where the images come from: a list, a prefix, or what people labelled.")
        return IngestRequest(name=name, sources=sources, add=self.add)
