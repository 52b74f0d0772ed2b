"""Evaluation page of a trained model: one self-contained HTML file without scripts, in light and dark."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from matplotlib import rc_context
from matplotlib.figure import Figure

from meadow.schemas.digests import short_digest
from meadow_trainer.reporting.assessment_plots import name_range
from meadow_trainer.reporting.plot_style import GREEN, GRID, INK, RED, YELLOW
from meadow_trainer.runs.pipeline import TrainedBundle

_VARIABLES = {INK: "--ink", GRID: "--grid", GREEN: "--green", YELLOW: "--yellow", RED: "--red", "#000000": "--ink"}
"""CSS variables of the figures' colours, each with a light and a dark tone."""
_TITLES = {
    "confusion": ("Confusion matrix", "Rows are the true classes, columns the predicted ones."),
    "reliability": ("Calibration", "Below the diagonal the model is overconfident."),
    "precision_recall": ("Precision and recall", "On all hold-out images, including unsure ones."),
    "slices": ("Slices", "Thirds of the hold-out; “accepted” is at or above the decision threshold."),
    "strangers": ("Out-of-distribution images", "Rendered by the trainer: none should be accepted."),
    "curves": ("Learning curves", "The learning rate falls to zero at the end."),
    "label_suspects": (
        "Probably wrong labels",
        "Of all images, as models say that were not trained on them (confident learning).",
    ),
    "mistakes": ("Most confident mistakes", "Often the label is wrong, not the model: check before you train again."),
}
_PERTURBATIONS = {
    "mirrored": "Mirrored",
    "darker": "15 % darker",
    "brighter": "15 % brighter",
    "smaller": "Scaled by 0.8",
    "larger": "Scaled by 1.2",
}
_NOTHING = "&ndash;"
_STYLE = """
:root { color-scheme: light dark; --paper: light-dark(#fbfcf9, #161d17); --card: light-dark(#ffffff, #1d261e);
  --ink: light-dark(#26332b, #e3ebe0); --soft: light-dark(#5b6a5f, #9fb0a2); --grid: light-dark(#e3e8e4, #313d33);
  --green: light-dark(#2f7d4f, #6fbf8d); --yellow: light-dark(#d99a11, #e8b845); --red: light-dark(#b5472f, #ec9078) }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 3rem 1.25rem 4rem }
h1, h2 { font-family: Georgia, "Source Serif", serif; font-weight: 500; line-height: 1.2; letter-spacing: -.01em }
h1 { font-size: 2.2rem; margin: 0 } h2 { font-size: 1.3rem; margin: 0 }
p { margin: .35rem 0 0; color: var(--soft) } code { font-size: .88em; overflow-wrap: anywhere }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 1rem; margin: 1.8rem 0 }
.tiles div, section { background: var(--card); border: 1px solid var(--grid);
  border-radius: 1rem; padding: 1.1rem 1.3rem }
.tiles span, .tiles small { display: block; color: var(--soft); font-size: .88rem }
.tiles strong { font: 500 1.8rem/1.3 Georgia, serif; font-variant-numeric: tabular-nums }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 470px), 1fr)); gap: 1rem }
section.wide { grid-column: 1 / -1 }
figure { margin: .9rem 0 0; text-align: center } figure svg { max-width: 100%; height: auto }
figure svg text { fill: var(--ink); font-family: system-ui, sans-serif !important }
.scroll { overflow-x: auto } table { width: 100%; border-collapse: collapse; margin-top: .8rem; font-size: .93rem }
th { text-align: right; font-weight: 400; color: var(--soft) }
td { text-align: right; font-variant-numeric: tabular-nums; border-top: 1px solid var(--grid) }
th, td { padding: .4rem .35rem } :is(th, td):first-child { text-align: left; padding-left: 0 }
.bad { color: var(--red) }
"""


def evaluation_page(bundle: TrainedBundle, figures: Mapping[str, Figure]) -> str:
    """Return the page as HTML.

    Args:
        bundle: The trained model.
        figures: By name, as from `plot_all`.
    """
    manifest = bundle.manifest
    start = _how(bundle)
    sections = [
        _figure("confusion", figures),
        _figure("reliability", figures),
        _figure("precision_recall", figures),
        _classes(bundle),
        _figure("slices", figures, wide=True),
        _slices(bundle),
        _invariance(bundle),
        _figure("strangers", figures),
        _ood(bundle),
        _figure("curves", figures, wide=True),
        _figure("mistakes", figures, wide=True),
        _figure("label_suspects", figures, wide=True),
        _leaks(bundle),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(manifest.architecture)} on '
        f'{escape(manifest.dataset_name)}</title><meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style></head><body><main><header><h1>{escape(manifest.architecture)} on "
        f"{escape(manifest.dataset_name)}</h1><p>{len(manifest.classes)} classes at {manifest.preprocessing.size} "
        f"pixels, {start} in {bundle.seconds:.0f} s. Bundle <code>{short_digest(bundle.digest)}</code>, data "
        f"<code>{short_digest(manifest.dataset_digest)}</code>.</p></header>{_tiles(bundle)}"
        f'<div class="grid">{"".join(sections)}</div></main></body></html>\n'
    )


def _tiles(bundle: TrainedBundle) -> str:
    measured, seen, record = bundle.measurement, bundle.assessment, bundle.manifest.calibration
    goal = "no target" if record is None else f"target {record.target_accuracy:.0%}"
    if record is not None and not record.target_reached:
        goal += ", not reached with confidence"
    method = "not calibrated" if record is None or record.method == "none" else f"calibrated by {record.method}"
    everything = seen.ood["all"]
    tiles = [
        ("Accuracy", _share(measured.accuracy), f"on {measured.examples} hold-out images"),
        ("Accuracy when confident", _share(seen.accepted_accuracy), goal),
        ("Confident", _share(seen.shares.confident), f"at {bundle.manifest.decision_threshold:.2f} or above"),
        ("Calibration error", f"{measured.calibration_error:.3f}", f"{method}, T = {bundle.manifest.temperature:.2f}"),
        ("AUROC of unknown", _number(everything.auroc), f"{everything.images} synthetic out-of-distribution images"),
        ("False unknown rate", _share(seen.shares.unknown), "of the hold-out"),
    ]
    return '<div class="tiles">' + "".join(
        f"<div><span>{escape(name)}</span><strong>{value}</strong><small>{escape(note)}</small></div>"
        for name, value, note in tiles
    ) + "</div>"  # fmt: skip


def _classes(bundle: TrainedBundle) -> str:
    curves = bundle.assessment.curves
    rows = [
        (
            escape(label),
            str(one.support),
            _share(one.recall),
            _share(one.precision),
            _number(curves[label].average_precision if label in curves else None),
        )
        for label, one in bundle.measurement.per_class.items()
    ]
    heads = ("class", "images", "recall", "precision", "average precision")
    return _section("Classes", "On the hold-out.", _table(heads, rows))


def _ood(bundle: TrainedBundle) -> str:
    rows = [
        (
            escape(kind),
            _share(one.shares.unknown),
            _share(one.shares.unsure),
            _share(one.shares.confident),
            _number(one.auroc),
            _number(one.auroc_energy),
            _number(one.auroc_confidence),
        )
        for kind, one in bundle.assessment.ood.items()
    ]
    heads = ("kind", "unknown", "unsure", "confident", "AUROC", "by energy", "by top")
    note = "The last two columns are the AUROC of scores from the logits: energy and top probability."
    return _section("Out-of-distribution detection", note, _table(heads, rows))


def _slices(bundle: TrainedBundle) -> str:
    rows = [
        (
            escape(f"{one.by} {name_range(one)}"),
            str(one.images),
            _share(one.accuracy),
            f"{one.calibration_error:.3f}",
            _share(one.accepted_share),
        )
        for one in bundle.assessment.slices
    ]
    return _section(
        "Slices of the hold-out",
        "Sizes in pixels, before preprocessing.",
        _table(("slice", "images", "accuracy", "calibration error", "accepted"), rows),
    )


def _invariance(bundle: TrainedBundle) -> str:
    seen, must = bundle.assessment, bundle.assessment.must_pass
    table = _table(
        ("perturbation", "same prediction"),
        [(_PERTURBATIONS[name], _share(rate)) for name, rate in seen.invariance.items()],
    )
    if must.wrong:
        items = "".join(f"<li>{escape(source)}</li>" for source in must.wrong)
        table += f'<p class="bad">Of {must.images} must-pass images, these are misclassified:</p>'
        table += f'<ul class="bad">{items}</ul>'
    elif must.images:
        table += f"<p>All {must.images} must-pass images are classified correctly.</p>"
    return _section("Invariance tests", "On the hold-out.", table)


def _leaks(bundle: TrainedBundle) -> str:
    """Name the training images that were left out; empty without any."""
    if not bundle.leaks:
        return ""
    rows = [(escape(one.training), escape(one.holdout), f"{one.correlation:.2f}") for one in bundle.leaks]
    note = "Left out of the training: the hold-out has the same photograph, as a crop, mirrored or stored anew."
    return _section("Leaks across the split", note, _table(("training", "hold-out", "correlation"), rows))


def _figure(name: str, figures: Mapping[str, Figure], *, wide: bool = False) -> str:
    """Render a figure with its title; empty if the run has no figure of the name."""
    if name not in figures:
        return ""
    title, note = _TITLES[name]
    return _section(title, note, f"<figure>{_inline(figures[name])}</figure>", wide=wide)


def _section(title: str, note: str, content: str, *, wide: bool = False) -> str:
    kind = ' class="wide"' if wide else ""
    return f"<section{kind}><h2>{escape(title)}</h2><p>{escape(note)}</p>{content}</section>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Render a table; the cells are HTML."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _inline(figure: Figure) -> str:
    """Render a figure as inline SVG with the page's colours."""
    text = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "meadow"}):
        figure.savefig(text, format="svg", facecolor="none", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(f": {colour}", f": var({variable})")
    return svg


def _share(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.3f}"


def _how(bundle: TrainedBundle) -> str:
    if bundle.trained.method == "frozen":
        return "a head on frozen features of ImageNet weights"
    return "fine-tuned from ImageNet weights" if bundle.pretrained else "trained from scratch"
