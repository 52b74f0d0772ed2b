"""Who takes part: the bare loop, Meadow on a folder, Meadow under concurrent clients, and a peer under the same."""

from dataclasses import dataclass

from meadow.cli.shrink import AUTO, OFF
from meadow.schemas.models import ModelRef
from meadow_bench import child
from meadow_bench.baseline import Loaded, classify_all
from meadow_bench.comparison import Images, Turn
from meadow_bench.engine import Probabilities
from meadow_bench.errors import BenchmarkError
from meadow_bench.folder import classify_folder
from meadow_bench.load.generator import load
from meadow_bench.load.meadow import submit_and_wait
from meadow_bench.load.target import Target
from meadow_bench.peers.running import PeerServer
from meadow_bench.stack import MeasuredStack

BARE, FOLDER, UNSHRUNK, CLIENTS = "bare", "folder", "folder as it is", "clients"


@dataclass(frozen=True)
class BareLoop:
    """The limit."""

    loaded: Loaded
    name: str = BARE
    title: str = "bare loop"
    same_engine: bool = True

    def take_turn(self, images: Images) -> Turn:
        """Classify every file."""
        run = classify_all(self.loaded, images.files)
        names = [file.name for file in images.files]
        return Turn(run.seconds, dict(zip(names, run.answers, strict=True)))


@dataclass(frozen=True)
class MeadowFolder:
    """A folder through the whole stack."""

    stack: MeasuredStack
    serving: ModelRef
    name: str = FOLDER
    title: str = "Meadow, folder"
    same_engine: bool = True
    shrink: str = AUTO

    def take_turn(self, images: Images) -> Turn:
        """Classify the folder."""
        with self.stack.awake(self.serving):
            run = child.run(classify_folder, self.stack.url, images.folder, shrink=self.shrink)
        if len(run.answers) != len(images.files):
            raise BenchmarkError(f"Meadow answered {len(run.answers)} of {len(images.files)} images.")
        return Turn(run.seconds, run.answers)


def folder_as_it_is(stack: MeasuredStack, serving: ModelRef) -> MeadowFolder:
    """A folder whose photographs are sent whole."""
    return MeadowFolder(stack, serving, UNSHRUNK, f"Meadow, folder, --shrink {OFF}", shrink=OFF)


@dataclass(frozen=True)
class MeadowClients:
    """Concurrent clients, each of which submits an image and waits for its result."""

    stack: MeasuredStack
    serving: ModelRef
    clients: int
    name: str = CLIENTS
    same_engine: bool = True

    @property
    def title(self) -> str:
        """For people."""
        return f"Meadow, {self.clients} clients"

    def take_turn(self, images: Images) -> Turn:
        """Send the images."""
        with self.stack.awake(self.serving):
            return send(self.title, submit_and_wait(self.stack.settings.api_port), images, self.clients)


@dataclass(frozen=True)
class PeerClients:
    """The same clients on a peer."""

    server: PeerServer
    clients: int

    @property
    def name(self) -> str:
        """The peer's."""
        return self.server.peer.name

    @property
    def title(self) -> str:
        """The peer's."""
        return self.server.peer.title

    @property
    def same_engine(self) -> bool:
        """Whether it decodes and infers as Meadow does."""
        return self.server.peer.same_engine

    def take_turn(self, images: Images) -> Turn:
        """Send the images."""
        self.server.sleeper.resume()
        try:
            return send(self.title, self.server.target, images, self.clients)
        finally:
            self.server.sleeper.suspend()


def send(who: str, target: Target[Probabilities], images: Images, clients: int) -> Turn:
    """Send images from concurrent clients.

    Raises:
        BenchmarkError: Not every one was answered.
    """
    files = images.files[: images.requests]
    run = child.run(load, target, files, clients=clients, warm_up=clients)
    run.require_clean(who, len(files))
    return Turn(run.seconds, dict(run.answers))
