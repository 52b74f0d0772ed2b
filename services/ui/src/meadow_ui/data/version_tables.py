"""A data set's figures: its classes, and how its versions came about."""

from collections.abc import Sequence
from html import escape

from meadow.datasets.published import DatasetDetail
from meadow.datasets.summary import VersionSummary
from meadow_ui.data.remarks import remarks
from meadow_ui.markup import ago, badge, digest, table, tile, tiles

MOST_CLASSES = 30
MOST_VERSIONS = 20


def overview(dataset: DatasetDetail) -> str:
    """The newest version in numbers."""
    corrected = sum(counts.corrected for counts in dataset.classes.values())
    count = len(dataset.versions)
    return tiles(
        [
            tile("Images", f"{dataset.images:,}", "in the newest version"),
            tile("Classes", f"{len(dataset.classes):,}"),
            tile("Labelled by people", f"{corrected:,}", "corrected or confirmed"),
            tile("Newest version", dataset.short[:8], f"{ago(dataset.created_at)}, {count} in all"),
        ]
    )


def classes_table(version: VersionSummary) -> str:
    """The largest classes, the number of the others, and what the ingestion had to tell of them."""
    by_size = sorted(version.classes.items(), key=lambda one: (-one[1].images, one[0]))
    rows = [
        (
            f"<strong>{escape(label)}</strong>",
            f"{counts.train:,}",
            f"{counts.holdout:,}",
            f"{counts.corrected:,}" if counts.corrected else "&ndash;",
        )
        for label, counts in by_size[:MOST_CLASSES]
    ]
    left = len(by_size) - len(rows)
    more = f'<p class="quiet small">and {left:,} smaller classes</p>' if left else ""
    told = "".join(f'<p class="quiet small">{escape(one)}</p>' for one in remarks(version.passed_over, version.notes))
    return table(("Class", "To train on", "Hold-out", "By people"), rows) + more + told


def versions_table(versions: Sequence[VersionSummary], newest: str) -> str:
    """Where each version comes from."""
    return table(
        ("Version", "Made", "Images", "From", "Left out"),
        [
            (
                digest(one.digest) + (f" {badge('newest', 'good')}" if one.digest == newest else ""),
                ago(one.created_at),
                f"{one.images:,}",
                _sources(one),
                f"{sum(one.rejections.values()):,}" if one.rejections else "&ndash;",
            )
            for one in versions[:MOST_VERSIONS]
        ],
    )


def _sources(version: VersionSummary) -> str:
    added = [f"version {digest(version.added_to)}"] if version.added_to else []
    return " and ".join([*added, *(escape(source.title) for source in version.sources)]) or "&ndash;"
