"""The table ranks scores by what they are told to tell apart, and the command prints it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer import Typer
from typer.testing import CliRunner

from meadow_trainer.tuning.unknown_images import Images, measure_unknown_images, table


def clouds(count: int, centre: int, *, seed: int, label: int = 0) -> Images:
    """Noise as pixels, and embeddings around a place of their own."""
    rng = np.random.default_rng(seed)
    embeddings = rng.gamma(1.0, 0.1, (count, 40))
    embeddings[:, centre] += 2
    pixels = rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    return Images(pixels, embeddings.astype(np.float32), np.full(count, label))


def test_embeddings_tell_what_pixels_do_not() -> None:
    first, second = clouds(60, 0, seed=1), clouds(60, 1, seed=2, label=1)
    known = Images(
        *(np.concatenate([getattr(one, name) for one in (first, second)]) for name in Images.__annotations__)
    )
    lines = list(table(known, clouds(30, 2, seed=3), clouds(30, 3, seed=4), splits=2))
    assert len(lines) == 5
    pixels, nearest, mahalanobis = ([float(cell) for cell in line.split("|")[2:7]] for line in lines[2:])
    for row in (nearest, mahalanobis):
        left_out, drawn, others, own_unknown, others_unknown = row
        assert min(left_out, drawn, others, others_unknown) > 0.95
        assert own_unknown < 0.2
    assert pixels[2] < 0.8


def test_without_other_photographs_their_columns_are_empty() -> None:
    known = clouds(150, 0, seed=1)
    both = Images(known.pixels, known.embeddings, np.arange(150) % 2)
    assert all(line.count("| - |") == 2 for line in list(table(both, clouds(9, 2, seed=3), None, splits=1))[2:])


def test_command_prints_a_table(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path))
    others = tmp_path / "others"
    others.mkdir()
    Image.new("RGB", (40, 40), "red").save(others / "red.png")
    (others / "notes.txt").write_text("no image")
    app = Typer()
    app.command()(measure_unknown_images)
    result = CliRunner().invoke(app, ["--data", str(stripes), "--others", str(others), "--splits", "1"])
    assert result.exit_code == 0, result.output
    assert "embedding, Mahalanobis (served)" in result.output
    assert "notes.txt is left out" in result.output
    empty = CliRunner().invoke(app, ["--data", str(stripes), "--others", str(tmp_path / "none")])
    assert empty.exit_code == 1
    missing = CliRunner().invoke(app, ["--data", str(tmp_path / "nothing")])
    assert missing.exit_code == 1
    assert "✗" in missing.output
