"""The map of the trainer's packages in docs/architecture.md."""

import pkgutil
import re
from pathlib import Path

import meadow_trainer

DOCS = Path(__file__).parents[3] / "docs/architecture.md"


def test_documented_packages_are_those_of_the_trainer() -> None:
    section = DOCS.read_text().split("## Packages of the trainer")[1].split("\n## ")[0]
    packages = {module.name for module in pkgutil.iter_modules(meadow_trainer.__path__) if module.ispkg}
    assert set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)) == packages
