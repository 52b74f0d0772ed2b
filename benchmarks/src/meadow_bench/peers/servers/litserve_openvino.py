"""LitServe with Meadow's decoding and engine."""

import sys

import litserve
from fastapi import UploadFile

from meadow_bench.engine import PeerOrder, Probabilities
from meadow_core.bundle.region import DecodedImage


class Api(litserve.LitAPI):
    """One image a request, one process a core."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's interface
        """Load the model."""
        self.classifier = PeerOrder().classifier()

    def decode_request(self, request: UploadFile) -> DecodedImage:
        """Turn the uploaded file into pixels."""
        return self.classifier.decode(request.file.read())

    def predict(self, image: DecodedImage) -> Probabilities:
        """Run the network."""
        return self.classifier.answer([image])[0]

    def encode_response(self, output: Probabilities) -> Probabilities:
        """Answer with the probability of each class."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Api(), accelerator="cpu", workers_per_device=PeerOrder().processes)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
