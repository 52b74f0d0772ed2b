"""mosec with Meadow's decoding and engine. mosec reads its port from MOSEC_PORT."""

from mosec import Server, Worker

from meadow_bench.engine import PeerOrder, Probabilities


class Classify(Worker):
    """One image a request, one process a core."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = PeerOrder().classifier()

    def deserialize(self, data: bytes) -> bytes:
        """Take the body as it is: it is the image."""
        return data

    def forward(self, data: bytes) -> Probabilities:
        """Answer one image."""
        return self.classifier.classify(data)


if __name__ == "__main__":
    server = Server()
    server.append_worker(Classify, num=PeerOrder().processes)
    server.run()
