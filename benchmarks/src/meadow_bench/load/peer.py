"""How the answers of the peers are read: their servers here answer with the probability of each class."""

import json

from meadow_bench.engine import Probabilities
from meadow_bench.load.connection import Response
from meadow_bench.load.target import UnexpectedAnswerError

OK = 200


def read_probabilities(response: Response) -> Probabilities:
    """Read an answer."""
    if response.status != OK:
        raise UnexpectedAnswerError(response)
    answer: Probabilities = json.loads(response.body)
    return answer
