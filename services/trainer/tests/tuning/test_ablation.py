"""Ablation study: variants and printed table."""

from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner

from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.training.architectures import empty_network
from meadow_trainer.training.recipe import choose_recipe
from meadow_trainer.tuning.ablation import VARIANTS, ablate
from small_network import SMALL

FAST = ["--seeds", "0,1", "--epochs", "2", "--image-size", "32", "--architecture", SMALL, "--threads", "1"]


def _invoke(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(ablate)
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_all_variants_have_distinct_recipes() -> None:
    network = empty_network("resnet18", 2)
    seen = set()
    for variant in VARIANTS:
        config = TrainingConfig.model_validate(variant.overrides)
        recipe = choose_recipe(config, images=227, fine_tuning=False, network=network, device=torch.device("cpu"))
        seen.add((str(variant.change(recipe)), variant.thin_last_class))
    assert len(seen) == len(VARIANTS)


@pytest.mark.slow
def test_results_are_printed_as_markdown_table(stripes: Path) -> None:
    code, output = _invoke("--data", str(stripes), "--only", "whole", *FAST)
    assert code == 0, output
    heading, rule, row = output.strip().splitlines()
    assert heading.count("|") == rule.count("|") == row.count("|")
    assert row.startswith("| the whole recipe | 0.")
    assert len(row.split("|")[3].split(",")) == 2, "one of each seed"


@pytest.mark.slow
@pytest.mark.parametrize("only", ["rare, balanced", "rare, not balanced"])
def test_rare_class_variants_are_measured(stripes: Path, only: str) -> None:
    code, output = _invoke("--data", str(stripes), "--only", only, *FAST)
    assert code == 0, output
    assert only in output.splitlines()[-1]


def test_unusable_folder_exits_with_reason(tmp_path: Path) -> None:
    code, output = _invoke("--data", str(tmp_path), *FAST)
    assert code == 1
    assert "too few classes" in output
