"""The peers: how each is started, and how it is asked."""

from collections.abc import Callable
from dataclasses import dataclass

from meadow_bench.engine import Probabilities
from meadow_bench.load.peer import read_probabilities
from meadow_bench.load.target import Target

SERVERS = "meadow_bench.peers.servers"


@dataclass(frozen=True)
class Peer:
    """Another inference server."""

    name: str
    """Of its environment, its requirements and its server's module."""
    title: str
    distribution: str
    """What its version is told of."""
    arguments: Callable[[int], list[str]]
    """Of its environment's Python, for a port."""
    path: str
    form_field: str = ""
    same_engine: bool = True
    """Whether it decodes and infers as Meadow does."""
    port_variables: tuple[str, ...] = ()
    """Environment variables that get the port."""

    def target(self, port: int) -> Target[Probabilities]:
        """Where and how it takes images."""
        return Target(port, self.path, read_probabilities, form_field=self.form_field)


def _module(name: str, port: int) -> list[str]:
    return ["-m", f"{SERVERS}.{name}", str(port)]


LITSERVE_TORCH = Peer(
    name="litserve_torch",
    title="LitServe, torch",
    distribution="litserve",
    arguments=lambda port: _module("litserve_torch", port),
    path="/predict",
    form_field="request",
    same_engine=False,
)
LITSERVE = Peer(
    name="litserve_openvino",
    title="LitServe, Meadow's engine",
    distribution="litserve",
    arguments=lambda port: _module("litserve_openvino", port),
    path="/predict",
    form_field="request",
)
MOSEC = Peer(
    name="mosec_openvino",
    title="mosec, Meadow's engine",
    distribution="mosec",
    arguments=lambda _: ["-m", f"{SERVERS}.mosec_openvino"],
    path="/inference",
    port_variables=("MOSEC_PORT",),
)
BENTOML = Peer(
    name="bentoml_openvino",
    title="BentoML, Meadow's engine",
    distribution="bentoml",
    arguments=lambda port: [
        *("-m", "bentoml", "serve", f"{SERVERS}.bentoml_openvino:Classify"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ],
    path="/classify",
    form_field="image",
)

PEERS = (LITSERVE_TORCH, LITSERVE, MOSEC, BENTOML)
