"""The picture of the packages in docs/architecture.md, drawn from the imports of the code.

python -m package_picture     write it anew
"""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- packages -->\n", "<!-- /packages -->\n"
SOURCES = {
    "meadow": "client/src/meadow",
    "meadow_core": "core/src/meadow_core",
    "meadow_api": "services/api/src/meadow_api",
    "meadow_worker": "services/worker/src/meadow_worker",
    "meadow_trainer": "services/trainer/src/meadow_trainer",
    "meadow_ui": "services/ui/src/meadow_ui",
    "meadow_local": "deploy/local/src/meadow_local",
    "meadow_bench": "benchmarks/src/meadow_bench",
}
INSIDE = ("meadow", "meadow_core")
"""Packages of which the parts are drawn, too."""

Graph = dict[str, set[str]]
"""Package -> packages that it imports."""


def packages() -> Graph:
    """Return which distribution imports which, without what follows from others."""
    edges: Graph = {name: set() for name in SOURCES}
    for name, folder in SOURCES.items():
        for path in (ROOT / folder).rglob("*.py"):
            edges[name] |= {module.partition(".")[0] for module in _imports(path)} & SOURCES.keys() - {name}
    return _reduced(edges)


def parts(package: str) -> Graph:
    """Return which sub-package imports which, without what follows from others; single modules are left out."""
    folder = ROOT / SOURCES[package]
    edges: Graph = {place.name: set() for place in folder.iterdir() if (place / "__init__.py").is_file()}
    for name in edges:
        for path in (folder / name).rglob("*.py"):
            inside = [module.split(".") for module in _imports(path) if module.startswith(f"{package}.")]
            edges[name] |= {names[1] for names in inside} & edges.keys() - {name}
    return _reduced(edges)


def picture() -> str:
    """Draw all as Mermaid."""
    lines = ["```mermaid", "flowchart TD"]
    lines += [f"    {name} --> {other}" for name, others in sorted(packages().items()) for other in sorted(others)]
    for package in INSIDE:
        lines += ["```", "", f"Within `{package}`:", "", "```mermaid", "flowchart TD"]
        graph = parts(package)
        lines += [f"    {name} --> {other}" for name, others in sorted(graph.items()) for other in sorted(others)]
    return "\n".join([*lines, "```", ""])


def page_with(drawn: str) -> str:
    """Return the page with the picture in its place."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return before + BEGIN + "\n" + drawn + "\n" + END + rest.partition(END)[2]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _reduced(edges: Graph) -> Graph:
    """Leave out what is reached over another package as well (transitive reduction).

    Raises:
        graphlib.CycleError: Packages import each other.
    """
    reached: Graph = {}
    for name in TopologicalSorter(edges).static_order():
        reached[name] = set().union(*({other} | reached[other] for other in edges[name]))
    return {
        name: {other for other in others if not any(other in reached[between] for between in others)}
        for name, others in edges.items()
    }


if __name__ == "__main__":
    PAGE.write_text(page_with(picture()))
