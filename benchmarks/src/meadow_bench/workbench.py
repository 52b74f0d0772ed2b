"""What the measurements share: the running stack, the model it serves, the images, and how much to measure."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from meadow.schemas.models import ModelRef
from meadow_bench.baseline import Loaded
from meadow_bench.comparison import Images
from meadow_bench.effort import Effort
from meadow_bench.model import SMALL, STANDARD, train_and_register
from meadow_bench.pictures import PHOTOS, THUMBNAILS, folder_of
from meadow_bench.stack import MeasuredStack, measured_stack

Tell = Callable[[str], None]


@dataclass
class Workbench:
    """A stack that serves the standard model; it sleeps unless a measurement wakes it."""

    stack: MeasuredStack
    effort: Effort
    data: Path
    scratch: Path
    """Deleted with the stack."""
    tell: Tell
    standard: ModelRef
    loaded: Loaded
    _small: ModelRef | None = None

    @property
    def thumbnails(self) -> Images:
        """The folder of thumbnails."""
        effort = self.effort
        return _images("thumbnails", folder_of(THUMBNAILS, effort.thumbnails, self.data), effort.thumbnail_requests)

    @property
    def photos(self) -> Images:
        """The folder of photographs."""
        return _images(
            "12-megapixel photos", folder_of(PHOTOS, self.effort.photos, self.data), self.effort.photo_requests
        )

    def small_model(self) -> ModelRef:
        """A second model, small and fast; trained at the first call. The stack must be awake."""
        if self._small is None:
            self.tell("training the small model ...")
            self._small = train_and_register(self.stack.settings, SMALL, self.scratch / "small")
        return self._small


@contextmanager
def workbench(effort: Effort, data: Path, tell: Tell) -> Iterator[Workbench]:
    """Set everything up for the time of the block."""
    data.mkdir(exist_ok=True)
    tell("drawing the images, once ...")
    folder_of(THUMBNAILS, effort.thumbnails, data)
    folder_of(PHOTOS, effort.photos, data)
    tell("starting a stack ...")
    with measured_stack(data) as stack:
        tell("training the model ...")
        scratch = stack.settings.home / "bench"
        standard = train_and_register(stack.settings, STANDARD, scratch / "standard")
        loaded = stack.promote(standard)
        tell(f"the worker serves it in {loaded.processes} processes with {loaded.engine}")
        stack.sleeper.suspend()
        yield Workbench(stack, effort, data, scratch, tell, standard, loaded)


def _images(title: str, folder: Path, requests: int) -> Images:
    return Images(title, folder, sorted(folder.iterdir()), requests)
