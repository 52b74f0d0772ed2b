"""A server to send to, and files to send."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from http_desk import HttpDesk, http_desk


@pytest.fixture
def desk() -> Iterator[HttpDesk]:
    with http_desk(b'{"grass": 0.25, "dandelion": 0.75}') as desk:
        yield desk


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Forty files, each with bytes of its own."""
    files = [tmp_path / f"{number:02d}.jpg" for number in range(40)]
    for file in files:
        file.write_bytes(f"image {file.name}".encode() * 100)
    return files
