import io
from dataclasses import replace

import pytest

from meadow_trainer.reporting.plot_style import drawable
from meadow_trainer.reporting.plots import plot_all
from meadow_trainer.runs.pipeline import TrainedBundle


@pytest.mark.parametrize(
    ("name", "drawn"),
    [("Löwenzahn", "Löwenzahn"), ("трава", "трава"), ("蒲公英", "PuGongYing"), ("タンポポ", "tanpopo"),
     ("민들레", "MinDeulLe"), ("5$ to 10$", r"5\$ to 10\$"), ("草 $", r"Cao \$")],
)  # fmt: skip
def test_name_without_glyphs_is_transliterated(name: str, drawn: str) -> None:
    assert drawable(name) == drawn


def test_plots_render_with_any_class_names(trained: TrainedBundle) -> None:
    """A missing glyph is a warning, which is an error here; half a formula is an exception."""
    names = ("$a_{b", "蒲公英 $x$")
    old = tuple(trained.measurement.per_class)
    assert len(old) <= len(names)
    renamed = dict(zip(old, names, strict=False))
    measurement = replace(
        trained.measurement, per_class={renamed[name]: one for name, one in trained.measurement.per_class.items()}
    )
    holdout = replace(trained.holdout, classes=tuple(renamed[name] for name in trained.holdout.classes))
    assessment = replace(
        trained.assessment,
        curves={renamed[name]: curve for name, curve in trained.assessment.curves.items()},
    )
    bundle = replace(trained, measurement=measurement, holdout=holdout, assessment=assessment)
    for name, figure in plot_all(bundle).items():
        for kind in ("png", "svg"):
            target = io.BytesIO()
            figure.savefig(target, format=kind)
            assert target.tell(), name
