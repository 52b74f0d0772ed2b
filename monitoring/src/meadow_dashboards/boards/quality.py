"""How good the answers are, as far as can be told."""

from meadow_dashboards.model import Dashboard, Row
from meadow_dashboards.panels import RED_ABOVE_ZERO, lines, number

QUALITY = Dashboard(
    uid="meadow-quality",
    title="Meadow: model quality and drift",
    about="The production model over the last 24 hours; docs/quality.md says what is called what.",
    rows=(
        Row(
            "Now",
            (
                number(
                    "Version in production", "max by (version) (meadow_production_model_info)", legend="{{version}}"
                ),
                number("Images in the window", "max(meadow_quality_images)"),
                number("Labels in the window", "max(meadow_quality_labels)"),
                number("Performance drop", "max(meadow_quality_performance_drop)", steps=RED_ABOVE_ZERO),
                number("Drifting", "sum(max by (dimension) (meadow_quality_drift))", steps=RED_ABOVE_ZERO),
                number("Images for review", "max(meadow_review_images)"),
            ),
        ),
        Row(
            "Answers",
            (
                lines(
                    "Classes",
                    ("max by (class) (meadow_quality_class_ratio)", "{{class}}"),
                    unit="percentunit",
                    stacked=True,
                ),
                lines(
                    "Decisions",
                    ("max by (decision) (meadow_quality_decision_ratio)", "{{decision}}"),
                    unit="percentunit",
                    stacked=True,
                    about="Unsure and unknown answers are kept for review.",
                ),
                lines(
                    "Highest probability",
                    ("max by (from) (meadow_quality_confidence_ratio)", "from {{from}}"),
                    unit="percentunit",
                    stacked=True,
                ),
            ),
        ),
        Row(
            "Is it still as good?",
            (
                lines(
                    "Accuracy on labels, and on the hold-out",
                    ("max(meadow_quality_accuracy_ratio)", "labelled"),
                    ("max(meadow_quality_accuracy_low_ratio)", "95 % interval, from"),
                    ("max(meadow_quality_accuracy_high_ratio)", "to"),
                    ("max(meadow_quality_holdout_accuracy_ratio)", "hold-out"),
                    unit="percentunit",
                    width=12,
                    about="People label what looks wrong, so labelled accuracy leans low.",
                ),
                lines(
                    "Population stability index",
                    ("max by (dimension) (meadow_quality_drift_psi)", "{{dimension}}"),
                    width=12,
                    about="Above 0.25, and unlikely to be chance, is called drift.",
                ),
            ),
        ),
    ),
)
