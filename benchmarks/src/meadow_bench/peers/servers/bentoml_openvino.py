"""BentoML with Meadow's decoding and engine."""

from pathlib import Path

import bentoml

from meadow_bench.engine import PeerOrder, Probabilities


@bentoml.service(workers=PeerOrder().processes, traffic={"timeout": 120}, logging={"access": {"enabled": False}})
class Classify:
    """One image a request, one process a core."""

    def __init__(self) -> None:
        self.classifier = PeerOrder().classifier()

    @bentoml.api
    def classify(self, image: Path) -> Probabilities:
        """Answer one image, which BentoML has written to a file."""
        return self.classifier.classify(image.read_bytes())
