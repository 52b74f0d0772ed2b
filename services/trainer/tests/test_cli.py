"""`meadow-train` on a terminal."""

import shutil
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import meadow_trainer.cli
import meadow_trainer.runs.pipeline
import meadow_trainer.training.loop
from meadow_core.bundle.manifest import read_bundle
from small_network import SMALL

runner = CliRunner()
REAL = ["--architecture", "squeezenet1_1", "--image-size", "32", "--epochs", "1", "--pretrained", "no"]
FAST = ["--architecture", SMALL, *REAL[2:]]


def _invoke(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(meadow_trainer.cli.train)
    result = runner.invoke(app, list(arguments))
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.slow
def test_training_writes_bundle_and_figures(stripes: Path, tmp_path: Path) -> None:
    code, output = _invoke("--data", str(stripes), "--out", str(tmp_path / "out"), *REAL)
    assert code == 0, output
    assert "level" in output
    assert "Accuracy" in output
    assert read_bundle(tmp_path / "out").architecture == "squeezenet1_1"
    assert {path.name for path in (tmp_path / "out" / "figures").iterdir()} == {
        "confusion.png", "curves.png", "evaluation.html", "mistakes.png", "precision_recall.png", "reliability.png",
        "slices.png", "strangers.png",
    }  # fmt: skip


@pytest.mark.slow
def test_settings_are_read_from_file_and_command_line(stripes: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(f'architecture = "{SMALL}"\nimage_size = 32\nepochs = 1\n')
    out = tmp_path / "out"
    code, output = _invoke(
        "--data", str(stripes), "--config", str(tmp_path / "settings.toml"), "--set", "pretrained=false",
        "--set", "calibration=none", "--image-size", "48", "--out", str(out),
    )  # fmt: skip
    assert code == 0, output
    bundle = read_bundle(out)
    assert (bundle.architecture, bundle.preprocessing.size, bundle.temperature) == (SMALL, 48, 1.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "mixupp=1"], "Did you mean mixup"),
        (["--seeds", "0,x"], "seed: Input should be a valid integer"),
        (["--image-size", "7"], "image_size: Input should be greater"),
        (["--track", "--out", "new"], "leave out --out or --track"),
        (["--search", "2", "--study", "missing/study.db"], "no folder missing"),
        (["--search", "2", "--out", "."], "not an empty folder"),
    ],
)
def test_invalid_options_fail_before_data_is_read(options: list[str], words: str) -> None:
    code, output = _invoke("--data", "nowhere", *options)
    assert code == 2, output
    assert words in " ".join(output.replace("│", " ").split())


@pytest.mark.slow
def test_rejected_images_are_counted_by_reason(stripes: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(stripes, tmp_path / "data"))
    for label in ("level", "upright"):
        (data / label / "broken.png").write_bytes(b"no image")
    code, output = _invoke("--data", str(data), "--set", "calibration=none", *FAST)
    assert code == 0, output
    assert "images are left out" in output
    assert "2 wrong-type" in output


@pytest.mark.slow
def test_several_seeds_print_mean_accuracy(stripes: Path) -> None:
    code, output = _invoke("--data", str(stripes), "--seeds", "0,1", *FAST)
    assert code == 0, output
    assert "Mean over 2 seeds" in output


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")  # in Optuna's own database store
def test_search_runs_first_and_best_configuration_is_trained(stripes: Path, tmp_path: Path) -> None:
    out, study = tmp_path / "out", tmp_path / "study.db"
    code, output = _invoke("--data", str(stripes), "--search", "2", "--study", str(study), "--out", str(out), *FAST)
    assert code == 0, output
    assert "trial 1: loss" in output
    assert "best" in output
    assert "--set learning_rate=" in output
    assert output.index("Trials by") < output.index("Accuracy")
    assert study.exists()
    assert (tmp_path / "out-search" / "search.png").exists()


def test_search_without_optuna_names_extra_to_install(stripes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    searching = ("meadow_trainer.tuning.search", "meadow_trainer.tuning.local_search")
    for name in [name for name in sys.modules if name.startswith(searching)]:
        monkeypatch.delitem(sys.modules, name)
    code, output = _invoke("--data", str(stripes), "--search", "2", *FAST)
    assert code == 2
    assert "meadow-trainer[search]" in output


@pytest.mark.slow
def test_interrupted_run_resumes_from_checkpoint(
    stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "saved"
    with monkeypatch.context() as patch:
        patch.setattr(meadow_trainer.runs.pipeline, "measure", _interrupt)
        code, _ = _invoke("--data", str(stripes), "--resume", str(saved), *FAST)
    assert code != 0
    assert (saved / "checkpoint-network.safetensors").exists()
    monkeypatch.setattr(meadow_trainer.training.loop, "sample_epoch", _interrupt)
    code, output = _invoke("--data", str(stripes), "--resume", str(saved), *FAST)
    assert code == 0, output
    assert not saved.exists()


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--architecture", "resnet_18"], "resnet18"),
        (["--seeds", "one"], "'one'"),
        (["--image-size", "8"], "image_size"),
    ],
)
def test_invalid_option_values_are_explained(stripes: Path, arguments: list[str], words: str) -> None:
    code, output = _invoke("--data", str(stripes), *arguments)
    assert code != 0
    assert words in output
    assert "Traceback" not in output


def test_unusable_folder_exits_with_reason(tmp_path: Path) -> None:
    code, output = _invoke("--data", str(tmp_path))
    assert code == 1
    assert "too few classes" in output


def test_non_empty_output_folder_is_not_overwritten(stripes: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    code, output = _invoke("--data", str(stripes), "--out", str(tmp_path), *FAST)
    assert code == 2
    assert "Give a new one" in output
