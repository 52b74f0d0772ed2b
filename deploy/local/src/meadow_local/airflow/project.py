"""Where the DAGs lie, and the environment that they run in."""

from dataclasses import dataclass
from pathlib import Path

from meadow_local.errors import StackError

LOCK_FILE = "requirements.txt"


@dataclass(frozen=True)
class DagsProject:
    """The folder `dags/` of a checkout."""

    root: Path

    @property
    def lock_file(self) -> Path:
        """Every package of the environment, with its hashes."""
        return self.root / LOCK_FILE

    @property
    def client(self) -> Path:
        """Meadow's client, by which the DAGs talk to the gateway."""
        return self.root.parent / "client"

    @property
    def environment(self) -> Path:
        """The environment itself; Airflow wants other versions than the services do, so it shares none with them."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return self.environment / "bin" / "python"

    @property
    def command(self) -> Path:
        """Airflow's own command."""
        return self.environment / "bin" / "airflow"

    @property
    def stamp(self) -> Path:
        """Says which lock the environment was made from."""
        return self.environment / ".installed"

    @property
    def dags_folder(self) -> Path:
        """What Airflow reads."""
        return self.root / "dags"

    @property
    def plugins_folder(self) -> Path:
        """What the DAGs are made of."""
        return self.root / "plugins"


def find_project(start: Path = Path(__file__)) -> DagsProject:
    """Find it above this file, which an editable installation leaves in the checkout.

    Raises:
        StackError: This is no checkout.
    """
    for folder in start.parents:
        project = DagsProject(folder / "dags")
        if project.lock_file.is_file() and project.dags_folder.is_dir():
            return project
    raise StackError(f"Airflow needs Meadow's checkout: there is no dags/{LOCK_FILE} above {start.parent}.")
