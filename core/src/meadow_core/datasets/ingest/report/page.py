"""Putting the page together. It is one file: styles and pictures are inside, and nothing is loaded from elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from meadow.image_files.passed_over import describe_passed_over
from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.dataset_summary import VersionSummary
from meadow.schemas.digests import short_digest
from meadow.schemas.rejection import Reason
from meadow_core.datasets.ingest.report.thumbnails import ReadImage, Thumbnails
from meadow_core.datasets.ingest.report.words import ADVICE, TITLES
from meadow_core.datasets.rejection import Rejection

EXAMPLES = 12
CLASSES_WITH_EXAMPLES = 40
SHOWN = 24
"""Rejections of a reason that have pictures ..."""
LISTED = 500
"""... and that are listed at all."""


def render_report(
    summary: VersionSummary, manifest: DatasetManifest, rejected: Sequence[Rejection], read: ReadImage
) -> bytes:
    """Make the page, in UTF-8.

    Args:
        summary: The version's figures.
        manifest: Its images; examples are taken from them.
        rejected: What was left out.
        read: Gives an image's bytes by its sha256.
    """
    thumbnails = Thumbnails(read)
    style = files("meadow_core.datasets.ingest.report").joinpath("style.css").read_text()
    by_reason: dict[Reason, list[Rejection]] = defaultdict(list)
    for rejection in rejected:
        by_reason[rejection.reason].append(rejection)
    reasons = [reason for reason in TITLES if reason in by_reason]
    title = f"Data set {summary.name}, version {summary.short}"
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{style}</style></head><body><main>",
        _head(summary, len(rejected)),
        _balance(summary),
        _sources(summary),
        '<section><h2>Examples</h2><p class="note">Chosen by their content: the same images each time.</p>',
        *_examples(manifest, thumbnails),
        "</section><section><h2>Left out</h2>",
        _reason_links(by_reason, reasons) if reasons else '<p class="note">Nothing: every image was taken.</p>',
        *(_rejections(reason, by_reason[reason], thumbnails) for reason in reasons),
        "</section></main></body></html>",
    ]
    return "\n".join(parts).encode()


def _head(summary: VersionSummary, rejected: int) -> str:
    train = sum(counts.train for counts in summary.classes.values())
    tiles = [
        ("images", summary.images),
        ("classes", len(summary.classes)),
        ("to train on", train),
        ("in the hold-out", summary.images - train),
        ("left out", rejected),
    ]
    corrected = sum(counts.corrected for counts in summary.classes.values())
    if corrected:
        tiles.append(("corrected by people", corrected))
    cells = "".join(f"<li><b>{number:,}</b><span>{word}</span></li>" for word, number in tiles)
    added = f" Added to version <code>{short_digest(summary.added_to)}</code>." if summary.added_to else ""
    return (
        f'<header><p class="kind">Meadow data set</p><h1>{escape(summary.name)}</h1>'
        f'<p class="note">Version <code>{summary.short}</code>, {summary.created_at:%d %B %Y, %H:%M} UTC.{added}</p>'
        f'<ul class="tiles">{cells}</ul></header>'
    )


def _balance(summary: VersionSummary) -> str:
    most = max((counts.images for counts in summary.classes.values()), default=1)
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="bar">'
        f'<i class="train" style="width:{100 * counts.train / most:.2f}%"></i>'
        f'<i class="holdout" style="width:{100 * counts.holdout / most:.2f}%"></i></td>'
        f"<td>{counts.images:,}</td><td>{counts.train:,}</td><td>{counts.holdout:,}</td></tr>"
        for label, counts in sorted(summary.classes.items(), key=lambda pair: -pair[1].images)
    )
    return (
        '<section><h2>Classes</h2><table><thead><tr><th>class</th><th class="key"><i class="train"></i> to train on '
        '<i class="holdout"></i> hold-out</th><th>images</th><th>train</th><th>hold-out</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def _sources(summary: VersionSummary) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(source.title)}</th><td>{source.named:,}</td>'
        f"<td>{source.named - source.rejected:,}</td><td>{source.rejected:,}</td></tr>"
        for source in summary.sources
    )
    return (
        "<section><h2>Sources</h2><table><thead><tr><th>source</th><th>named</th><th>taken</th><th>left out</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>{_remarks(summary)}</section>"
    )


def _remarks(summary: VersionSummary) -> str:
    """Say what was passed over, and what else to know."""
    remarks = [describe_passed_over(summary.passed_over), *summary.notes]
    return "".join(f'<p class="remark">{escape(remark)}</p>' for remark in remarks if remark)


def _examples(manifest: DatasetManifest, thumbnails: Thumbnails) -> Iterable[str]:
    of_class: dict[str, list[DatasetEntry]] = defaultdict(list)
    for entry in sorted(manifest.entries, key=lambda entry: entry.sha256):
        if len(of_class[entry.label]) < EXAMPLES:
            of_class[entry.label].append(entry)
    for label in manifest.classes[:CLASSES_WITH_EXAMPLES]:
        figures = "".join(_picture(thumbnails, entry.sha256, entry.source) for entry in of_class[label])
        yield f'<h3>{escape(label)}</h3><div class="examples">{figures}</div>'
    if len(manifest.classes) > CLASSES_WITH_EXAMPLES:
        yield f'<p class="note">and {len(manifest.classes) - CLASSES_WITH_EXAMPLES} more classes.</p>'


def _reason_links(by_reason: dict[Reason, list[Rejection]], reasons: list[Reason]) -> str:
    links = "".join(
        f'<li><a href="#{reason}">{TITLES[reason]}</a> <b>{len(by_reason[reason]):,}</b></li>' for reason in reasons
    )
    return f'<ul class="reasons">{links}</ul>'


def _rejections(reason: Reason, rejected: list[Rejection], thumbnails: Thumbnails) -> str:
    cards = "".join(_card(rejection, thumbnails) for rejection in rejected[:SHOWN])
    rest = rejected[SHOWN:LISTED]
    more = "".join(
        f"<li><code>{escape(entry.name)}</code> <em>{escape(entry.label)}</em> {escape(entry.detail)}</li>"
        for entry in rest
    )
    if len(rejected) > LISTED:
        more += f"<li>and {len(rejected) - LISTED:,} more, in the version's rejections.ndjson</li>"
    listed = f"<details><summary>{len(rejected) - SHOWN:,} more</summary><ul>{more}</ul></details>" if more else ""
    return (
        f'<article id="{reason}"><h3>{TITLES[reason]} <b>{len(rejected):,}</b></h3>'
        f'<p class="note">{ADVICE[reason]}</p><div class="cards">{cards}</div>{listed}</article>'
    )


def _card(rejection: Rejection, thumbnails: Thumbnails) -> str:
    pictures = _picture(thumbnails, rejection.sha256, rejection.name)
    if rejection.twin and rejection.twin != rejection.sha256:
        pictures += _picture(thumbnails, rejection.twin, "the other image")
    return (
        f'<figure><div class="pictures">{pictures}</div><figcaption><em>{escape(rejection.label) or "no label"}</em>'
        f'<code title="{escape(rejection.name)}">{escape(rejection.name)}</code>'
        f"<span>{escape(rejection.detail)}</span></figcaption></figure>"
    )


def _picture(thumbnails: Thumbnails, sha256: str, name: str) -> str:
    address = thumbnails.of(sha256)
    if not address:
        return '<div class="missing" aria-hidden="true"></div>'
    return f'<img src="{address}" alt="{escape(name)}" title="{escape(name)}" loading="lazy">'
