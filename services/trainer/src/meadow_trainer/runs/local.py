"""Training runs on a local folder, with progress and results on the terminal."""

import logging
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from meadow.schemas.digests import short_digest
from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.manifest import BundleError
from meadow_core.datasets.errors import DatasetError
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry, RegistryError
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.data.folder_source import folder_source
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingError
from meadow_trainer.reporting.evaluation_page import evaluation_page
from meadow_trainer.reporting.plots import plot_all
from meadow_trainer.runs.pipeline import TrainedBundle, train_bundle
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoints, discard, run_identity

TRAINING_ERRORS = (TrainingError, DatasetError, RegistryError, BundleError, OSError)


@dataclass(frozen=True)
class RunSummary:
    """Accuracy and duration of a run."""

    accuracy: float
    """On the hold-out."""
    seconds: float
    """Of the whole run."""


class LocalTraining:
    """Runs trainings on one folder and prints their results."""

    def __init__(self, console: Console, data: Path, *, track: bool, threads: int | None) -> None:
        if threads:
            torch.set_num_threads(threads)
        handler = RichHandler(console=console, show_path=False, show_time=False, level=logging.WARNING)
        logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler])
        self._console = console
        self._data = data
        self._track = track
        self._found: ImageSource | None = None

    def run(self, config: TrainingConfig, out: Path | None, resume: Path | None = None) -> RunSummary:
        """Train once.

        Args:
            config: The training settings.
            out: Receives the bundle and its figures; None keeps neither.
            resume: Folder of checkpoints, deleted when the run has succeeded; None keeps none.

        Raises:
            TRAINING_ERRORS: The message says what is wrong.
        """
        outcome = self._run_tracked(config, resume) if self._track else self._run_plain(config, out, resume)
        if resume is not None:
            discard(resume)
        return outcome

    def _run_plain(self, config: TrainingConfig, out: Path | None, resume: Path | None) -> RunSummary:
        settings = TrainerSettings.load()
        with tempfile.TemporaryDirectory() as scratch:
            folder = out or Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            with self._progress(config) as callbacks:
                source = self._source(callbacks)
                saved = Checkpoints(resume, run_identity(source, config)) if resume else None
                bundle = train_bundle(
                    source,
                    config,
                    folder,
                    callbacks,
                    max_pixels=settings.max_image_pixels,
                    checkpoints=saved,
                    cache=settings.feature_cache,
                )
            if out is not None:
                self._save_plots(bundle, out / "figures")
            self._print(bundle, config, out)
        return RunSummary(bundle.measurement.accuracy, bundle.seconds)

    def _run_tracked(self, config: TrainingConfig, resume: Path | None) -> RunSummary:
        from meadow_trainer.runs.training_runs import TrainingRuns  # noqa: PLC0415 - MLflow takes seconds to import

        settings = TrainerSettings.load()
        runs = TrainingRuns(settings, ModelRegistry(settings), ModelCache(settings.model_cache))
        began = time.monotonic()
        with self._progress(config) as callbacks:
            result = runs.execute(self._source(callbacks), config, callbacks, checkpoints=resume)
        self._console.print(
            f"[green]✓[/] {result.model.name} version {result.model.version}: {result.decision}. {result.reason}\n"
            f"  {result.run_url}",
            highlight=False,
            soft_wrap=True,
        )
        return RunSummary(result.holdout_accuracy, time.monotonic() - began)

    def _source(self, callbacks: TrainingCallbacks) -> ImageSource:
        """Read the folder's images, once for all seeds, and report the rejected ones."""
        if self._found is None:
            callbacks.on_stage("reading the images")
            self._found = folder_source(self._data, max_pixels=TrainerSettings.load().max_image_pixels)
            if self._found.rejected:
                counts = Counter(one.reason.value for one in self._found.rejected)
                reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
                self._console.print(
                    f"[yellow]![/] {sum(counts.values())} images are left out: {reasons}. "
                    "`meadow data publish` shows which, in its report.",
                    highlight=False,
                )
        return self._found

    @contextmanager
    def _progress(self, config: TrainingConfig) -> Iterator[TrainingCallbacks]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(f"seed {config.seed}", total=None)

            def on_epoch(report: EpochReport) -> None:
                description = f"seed {config.seed}: loss {report.loss:.3f}"
                if report.validation_accuracy is not None:
                    description += f", validation {report.validation_accuracy:.0%}"
                progress.update(task, completed=report.epoch, total=report.epochs, description=description)

            def on_stage(description: str) -> None:
                progress.update(task, description=f"seed {config.seed}: {description}")

            yield TrainingCallbacks(on_stage=on_stage, on_epoch=on_epoch)

    def _print(self, bundle: TrainedBundle, config: TrainingConfig, out: Path | None) -> None:
        measured = bundle.measurement
        table = Table(title=f"{config.architecture}, seed {config.seed}: the hold-out", title_justify="left")
        for heading in ("class", "images", "recall", "precision"):
            table.add_column(heading, justify="left" if heading == "class" else "right")
        for label, one in measured.per_class.items():
            table.add_row(label, str(one.support), f"{one.recall:.1%}", f"{one.precision:.1%}")
        self._console.print(table)
        trained = bundle.trained
        self._console.print(
            f"[green]✓[/] Accuracy [bold]{measured.accuracy:.4f}[/] on {measured.examples} images; calibration error "
            f"{measured.calibration_error:.3f}; {_how(bundle)}; {bundle.seconds:.0f} s in all.",
            highlight=False,
        )
        self._console.print(f"  {trained.method}: {trained.reason}", highlight=False)
        seen = bundle.assessment
        synthetic = seen.ood["all"]
        accuracy = "" if seen.accepted_accuracy is None else f", accuracy {seen.accepted_accuracy:.1%}"
        self._console.print(
            f"  Confident on {seen.shares.confident:.1%}{accuracy}; of {synthetic.images} out-of-distribution images "
            f"{synthetic.shares.unknown:.1%} are unknown, {synthetic.shares.unsure:.1%} unsure.",
            highlight=False,
        )
        if bundle.skipped:
            self._console.print(f"[yellow]![/] {len(bundle.skipped)} images were skipped.", highlight=False)
        if out is not None:
            self._console.print(f"  Bundle {short_digest(bundle.digest)} in {out}", highlight=False)

    def _save_plots(self, bundle: TrainedBundle, folder: Path) -> None:
        folder.mkdir()
        figures = plot_all(bundle)
        for name, figure in figures.items():
            figure.savefig(folder / f"{name}.png")
        (folder / "evaluation.html").write_text(evaluation_page(bundle, figures), encoding="utf-8")


def _how(bundle: TrainedBundle) -> str:
    """Say how a network was trained, in a few words."""
    reports = bundle.reports
    if not reports:
        return "a head on frozen features"
    start = "fine-tuned" if bundle.pretrained else "from scratch"
    return f"{len(reports)} epochs {start} in {reports[-1].seconds:.0f} s"
