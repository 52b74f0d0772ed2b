"""Hyperparameter search with Optuna, by cross-validation; the hold-out is not used."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import optuna

from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.errors import TrainingError
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.tuning.cross_validation import CrossValidation
from meadow_trainer.tuning.search_space import starting_values, suggest

_STUDY = "meadow"
_UNPRUNED_TRIALS = 3
"""Trials before pruning starts."""


@dataclass(frozen=True)
class TrialResult:
    """Result of one trial."""

    number: int
    """Counted from 0, which is the initial configuration."""
    state: str
    """`complete`, `pruned` or `fail`."""
    loss: float | None
    """Cross-validated, over the completed folds."""
    accuracy: float | None
    values: dict[str, float]
    """Searched settings, by name."""


@dataclass(frozen=True)
class SearchResult:
    """Result of a search."""

    config: TrainingConfig
    rows: tuple[TrialResult, ...]
    best: int
    """Number of the best trial."""


def search(
    data: CrossValidation,
    config: TrainingConfig,
    *,
    trials: int,
    storage: Path | None,
    on_trial: Callable[[TrialResult], None],
    callbacks: TrainingCallbacks,
) -> SearchResult:
    """Search configurations; trials worse than the median after a fold are pruned.

    Args:
        data: Measures configurations.
        config: The first trial, clipped to the search space. Its seed is also the search's.
        trials: Total number of trials.
        storage: SQLite file that stores the trials, so that a search resumes; None keeps them in memory.
        on_trial: Called after each trial.
        callbacks: May cancel it.

    Raises:
        TrainingError: No trial completed, or the file is of another search.
        TrainingCancelledError: Cancelled by a callback.
    """
    study = _open(storage, data.identity(config), config.seed)
    done = sum(trial.state.is_finished() for trial in study.trials)
    if not done:
        # Also when a search was killed before its first trial ended.
        study.enqueue_trial(dict(starting_values(data.recipe(config))))

    def objective(trial: optuna.Trial) -> float:
        loss = float("nan")
        for validated in data.measure(suggest(trial, config), callbacks):
            trial.set_user_attr("accuracy", validated.accuracy)
            trial.report(validated.loss, validated.folds)
            loss = validated.loss
            if validated.folds < data.folds and trial.should_prune():
                raise optuna.TrialPruned
        return loss

    study.optimize(
        objective,
        n_trials=max(0, trials - done),
        # A learning rate that is too high gives a loss of NaN: a failed trial, not a failed search.
        catch=(TrainingError,),
        callbacks=[lambda _, trial: on_trial(_row(trial))],
    )
    rows = tuple(_row(trial) for trial in study.trials)
    if not any(row.state == "complete" for row in rows):
        raise TrainingError("No trial of the search completed.")
    best = study.best_trial
    return SearchResult(suggest(optuna.trial.FixedTrial(best.params), config), rows, best.number)


def _open(storage: Path | None, identity: dict[str, str], seed: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=_STUDY,
        storage=f"sqlite:///{storage}" if storage else None,
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED_TRIALS),
    )
    # A resumed search must not repeat its samples.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials))
    found = study.user_attrs.get("identity", identity)
    if found != identity:
        differing = sorted(key for key in identity.keys() | found.keys() if identity.get(key) != found.get(key))
        raise TrainingError(f"{storage} holds another search: it differs in {', '.join(differing)}.")
    study.set_user_attr("identity", identity)
    return study


def _row(trial: optuna.trial.FrozenTrial) -> TrialResult:
    reported = list(trial.intermediate_values.values())
    return TrialResult(
        number=trial.number,
        state=trial.state.name.lower(),
        loss=trial.value if trial.value is not None else (reported[-1] if reported else None),
        accuracy=trial.user_attrs.get("accuracy"),
        values={name: float(value) for name, value in trial.params.items()},
    )
