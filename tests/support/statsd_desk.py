"""A StatsD receiver that notes the names of the metrics it is sent."""

import re
import socket
import threading
from typing import Self

LARGEST_DATAGRAM = 65_535


class StatsdDesk:
    """Listens on a UDP port of this machine for as long as the block lasts."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._receive)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.names: set[str] = set()
        """As the StatsD exporter names them for Prometheus, without a mapping of its own."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # An empty datagram ends the thread.
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _receive(self) -> None:
        while datagram := self._socket.recv(LARGEST_DATAGRAM):
            for line in datagram.decode().splitlines():
                name = re.split("[,:]", line, maxsplit=1)[0]
                self.names.add(re.sub(r"\W", "_", name))
