"""How often the gate errs, in years that are simulated."""

from typer import Typer
from typer.testing import CliRunner

from meadow_trainer.tuning.promotion_errors import (
    RETRAININGS,
    Scene,
    by_evidence,
    by_points,
    for_more_images,
    measure_promotion_errors,
    promotions,
)

YEARS = 200


def test_models_that_are_no_better_are_promoted_in_at_most_one_year_of_twenty() -> None:
    for scene in (Scene(150, 0.14), Scene(73, 0.14, grown=300)):
        found = promotions(scene, by_evidence, years=YEARS)
        assert found.shape == (YEARS, RETRAININGS)
        assert found.any(axis=1).mean() <= 0.05
        assert promotions(scene, by_points, years=YEARS).any(axis=1).mean() > 0.8, "the scene tempts"


def test_better_models_are_promoted() -> None:
    found = promotions(Scene(300, 0.12, gain=0.1), by_evidence, years=50, first_only=True)
    assert found.any(axis=1).mean() > 0.9
    assert found.sum(axis=1).max() == 1


def test_more_images_take_up_equal_models_and_hardly_ever_one_worse_by_the_margin() -> None:
    equal, worse = (
        promotions(Scene(300, 0.05, gain), for_more_images, years=100, first_only=True).any(axis=1).mean()
        for gain in (0.0, -0.05)
    )
    assert equal > 0.5
    assert worse <= 0.05


def test_command_prints_three_tables() -> None:
    app = Typer()
    app.command()(measure_promotion_errors)
    result = CliRunner().invoke(app, ["--years", "1"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    headings = [line for line in result.output.splitlines() if line.startswith("| Hold-out")]
    assert len(headings) == 3
    assert "| 73 to 1000 |" in result.output
