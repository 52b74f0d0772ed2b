"""`meadow models`: the registered versions, what was decided about each, and which one is in production."""

from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meadow.client import Client
from meadow.schemas.digests import short_digest
from meadow.schemas.models import ModelInfo
from meadow.schemas.promotion import ModelDetail, ProductionChange, PromotionKind
from meadow.settings import GatewayAddress

app = typer.Typer(help="List model versions, compare them, and put one into production.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Version = Annotated[str, typer.Argument(help="A version's number.")]
Reason = Annotated[str, typer.Option(help="Reason, kept in the history.")]

DECISION_STYLES = {"promoted": "green", "kept": "yellow", "refused": "red"}

_MODELS = TypeAdapter(list[ModelInfo])
_DETAILS = TypeAdapter(list[ModelDetail])


@app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """List the model versions, newest first; with a command, do more with them."""
    if context.invoked_subcommand is None:
        list_models()


@app.command(name="list")
def list_models(*, as_json: Json = False) -> None:
    """List the model versions, newest first, with what was decided about each and why."""
    with _client() as client:
        found = client.models()
    if as_json:
        typer.echo(_MODELS.dump_json(found, indent=2))
        return
    table = _table("version", "alias", "architecture", "hold-out", "classes", "decision", "reason")
    for info in found:
        table.add_row(
            info.ref.version,
            f"[green]{', '.join(info.aliases)}[/]",
            info.architecture,
            _fraction(info.holdout_accuracy),
            escape(", ".join(info.classes)),
            _decision(info),
            escape(info.reason),
        )
    Console().print(table)


@app.command()
def show(version: Version, *, as_json: Json = False) -> None:
    """Show a version: what it is, what the gate said of it, and when it was in production."""
    with _client() as client:
        info = client.model(version)
    if as_json:
        typer.echo(info.model_dump_json(indent=2))
        return
    console = Console()
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in _facts(info):
        table.add_row(f"[dim]{name}[/]", value)
    console.print(table)
    if info.promotions:
        history = _table("in production since", "instead of", "", "by", "reason")
        for change in info.promotions:
            when = f"{change.at.astimezone():%Y-%m-%d %H:%M:%S}"
            kind = "" if change.kind is PromotionKind.PROMOTED else "rolled back"
            history.add_row(when, change.previous, kind, escape(change.by), escape(change.reason))
        console.print(history)


@app.command()
def compare(first: Version, second: Version, *, as_json: Json = False) -> None:
    """Show two versions side by side.

    Example: `meadow models compare 3 4`
    """
    with _client() as client:
        pair = [client.model(first), client.model(second)]
    if as_json:
        typer.echo(_DETAILS.dump_json(pair, indent=2))
        return
    console = Console()
    table = _table("", *(f"version {info.ref.version}" for info in pair))
    for (name, one), (_, other) in zip(*map(_facts, pair), strict=True):
        table.add_row(f"[dim]{name}[/]" if one == other else f"[bold]{name}[/]", one, other)
    console.print(table)
    if pair[0].dataset_digest != pair[1].dataset_digest:
        console.print(
            "They were measured on the hold-outs of different data sets: their accuracies cannot be compared. "
            "The gate's gain and p are of the same images.",
            style="yellow",
        )


@app.command()
def promote(
    version: Version,
    reason: Reason = "",
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Promote despite a gate refusal or a missing bundle digest.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a version into production. Workers take it up within seconds; no job fails or mixes versions.

    Example: `meadow models promote 4 --reason "better on wet grass"`
    """
    with _client() as client:
        _say(client.promote(version, reason=reason, force=force), as_json=as_json)


@app.command()
def rollback(reason: Reason = "", *, as_json: Json = False) -> None:
    """Put back the version that served before; each further rollback goes one version further back."""
    with _client() as client:
        _say(client.roll_back(reason=reason), as_json=as_json)


def _say(change: ProductionChange, *, as_json: bool) -> None:
    if as_json:
        typer.echo(change.model_dump_json(indent=2))
        return
    version = change.model.ref.version
    if not change.changed or change.promotion is None:
        text = f"Version {version} is in production already."
    elif change.promotion.kind is PromotionKind.ROLLED_BACK:
        text = f"Rolled back: version {version} is in production again, instead of {change.promotion.previous}."
    else:
        previous = change.promotion.previous
        text = f"Version {version} is in production" + (f", instead of {previous}." if previous else ".")
    Console().print(text, highlight=False)


def _facts(info: ModelInfo) -> list[tuple[str, str]]:
    created = f"{info.created_at.astimezone():%Y-%m-%d %H:%M:%S}" if info.created_at else ""
    return [
        ("version", info.ref.version),
        ("alias", f"[green]{', '.join(info.aliases)}[/]"),
        ("registered", created),
        ("architecture", info.architecture),
        ("input", f"{info.image_size} px"),
        ("classes", escape(", ".join(info.classes))),
        ("hold-out accuracy", _fraction(info.holdout_accuracy)),
        ("data set", short_digest(info.dataset_digest)),
        ("bundle", short_digest(info.ref.digest)),
        ("decision", _decision(info)),
        ("compared with", f"version {info.champion}" if info.champion else ""),
        ("gain", f"{info.gain:+.3f}" if info.gain is not None else ""),
        ("McNemar p", f"{info.p_value:.2g}" if info.p_value is not None else ""),
        ("reason", escape(info.reason)),
        ("MLflow run", info.run_id or ""),
    ]


def _decision(info: ModelInfo) -> str:
    style = DECISION_STYLES.get(info.decision)
    return f"[{style}]{info.decision}[/]" if style else escape(info.decision)


def _fraction(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading)
    return table


def _client() -> Client:
    return Client.from_settings(GatewayAddress.load())
