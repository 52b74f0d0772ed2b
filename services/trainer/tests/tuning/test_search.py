"""Hyperparameter search: pruning, resuming, and no use of the hold-out."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from optuna.trial import FixedTrial
from typing_extensions import override

from meadow.schemas.dataset_manifest import DatasetEntry
from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingError
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.recipe import Recipe
from meadow_trainer.tuning.cross_validation import CrossValidation, CrossValidationResult
from meadow_trainer.tuning.search import SearchResult, TrialResult, search
from meadow_trainer.tuning.search_report import plot_trials, trials_table
from meadow_trainer.tuning.search_space import starting_values, suggest

MAX_PIXELS = 1_000_000
CONFIG = TrainingConfig(architecture="squeezenet1_1", image_size=32, epochs=1, pretrained=False)

# Optuna's own database store uses what SQLAlchemy is going to remove.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")


class FakeCrossValidation(CrossValidation):
    """Reports the lowest loss at a rate of 0.001, and records the configurations."""

    def __init__(self, real: CrossValidation) -> None:
        self.__dict__.update(vars(real))
        self.asked: list[float] = []
        self.fail = False

    @override
    def measure(
        self,
        config: TrainingConfig,
        callbacks: TrainingCallbacks,
        change: Callable[[Recipe], Recipe] = lambda recipe: recipe,
        *,
        thin_last_class: int = 1,
    ) -> Iterator[CrossValidationResult]:
        if self.fail:
            raise TrainingError("The loss is nan.")
        assert config.learning_rate
        for fold in range(1, self.folds + 1):
            self.asked.append(config.learning_rate)
            yield CrossValidationResult(fold, 0.5, abs(config.learning_rate - 0.001), 0.5, 0.1)


@pytest.fixture(scope="module")
def real(stripes_source: ImageSource) -> CrossValidation:
    return CrossValidation(stripes_source, 32, folds=3, max_pixels=MAX_PIXELS)


@pytest.fixture
def fake(real: CrossValidation) -> FakeCrossValidation:
    return FakeCrossValidation(real)


def _search(
    data: CrossValidation, trials: int, storage: Path | None = None, config: TrainingConfig = CONFIG
) -> SearchResult:
    return search(data, config, trials=trials, storage=storage, on_trial=lambda _: None, callbacks=TrainingCallbacks())


def test_best_trial_is_returned_and_first_trial_is_initial_configuration(
    fake: FakeCrossValidation, real: CrossValidation
) -> None:
    found = _search(fake, 12)
    assert len(found.rows) == 12
    losses = {row.number: row.loss for row in found.rows if row.state == "complete" and row.loss is not None}
    assert losses[found.best] == min(losses.values()) < losses[0]
    assert found.config.learning_rate == found.rows[found.best].values["learning_rate"]
    assert (found.config.architecture, found.config.epochs) == ("squeezenet1_1", 1)
    assert found.rows[0].values == pytest.approx(starting_values(real.recipe(CONFIG)))


def test_bad_trial_is_pruned_after_one_fold(fake: FakeCrossValidation) -> None:
    found = _search(fake, 12)
    pruned = [row for row in found.rows if row.state == "pruned"]
    assert pruned
    assert all(row.number >= 3 for row in pruned)
    rate = pruned[0].values["learning_rate"]
    assert fake.asked.count(rate) == 1


def test_same_seed_gives_same_trials(fake: FakeCrossValidation) -> None:
    first, second = _search(fake, 4), _search(fake, 4)
    other = _search(fake, 4, config=CONFIG.model_copy(update={"seed": 1}))
    assert first.rows == second.rows != other.rows


def test_stored_search_is_resumed(fake: FakeCrossValidation, tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    first = _search(fake, 3, file)
    both = _search(fake, 5, file)
    assert both.rows[:3] == first.rows
    assert len(both.rows) == 5
    with pytest.raises(TrainingError, match="differs in image_size"):
        _search(fake, 6, file, CONFIG.model_copy(update={"image_size": 64}))


def test_search_without_completed_trial_raises(fake: FakeCrossValidation) -> None:
    fake.fail = True
    with pytest.raises(TrainingError, match="No trial"):
        _search(fake, 2)


def test_settings_outside_search_space_are_kept() -> None:
    config = TrainingConfig(image_size=64, seed=7)
    values = {
        "learning_rate": 0.002, "weight_decay": 0.01, "label_smoothing": 0.1, "mixup": 0.3, "augmentation": 1.2,
        "batch_size": 16,
    }  # fmt: skip
    assert suggest(FixedTrial(values), config) == config.model_copy(update=values)


def test_search_never_reads_holdout(stripes_source: ImageSource) -> None:
    read: list[str] = []

    def note(entry: DatasetEntry) -> bytes:
        read.append(entry.sha256)
        return stripes_source.read(entry)

    data = CrossValidation(dataclasses.replace(stripes_source, read=note), 32, folds=2, max_pixels=MAX_PIXELS)
    found = _search(data, 1)
    assert found.rows[0].accuracy is not None
    training = {entry.sha256 for entry in stripes_source.manifest.of_split(Split.TRAIN)}
    assert set(read) == training


def test_trials_are_listed_and_plotted(fake: FakeCrossValidation) -> None:
    found = _search(fake, 6)
    table = trials_table(found)
    assert table.row_count == 6
    assert [str(column.header) for column in table.columns][:3] == ["trial", "loss", "accuracy"]
    assert str(found.best) == next(iter(table.columns[0].cells))
    assert len(plot_trials(found).axes) == 6


def test_callback_receives_each_trial(fake: FakeCrossValidation) -> None:
    told: list[TrialResult] = []
    found = search(fake, CONFIG, trials=3, storage=None, on_trial=told.append, callbacks=TrainingCallbacks())
    assert tuple(told) == found.rows
