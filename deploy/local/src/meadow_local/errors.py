"""What can go wrong with the stack, said so that a person knows what to do next."""

from meadow.errors import MeadowError


class StackError(MeadowError):
    """A command on the stack cannot be done; the message is a sentence for the terminal."""


class NotReadyError(MeadowError):
    """A part does not do its work yet; the message says what is missing."""


class PartError(StackError):
    """A part died or never became ready; shown with the end of its log."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part
