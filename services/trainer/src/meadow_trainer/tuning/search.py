"""Looking for a better configuration with Optuna, judged by cross-validation: the hold-out has no part in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import optuna

from meadow.training_config import TrainingConfig
from meadow_trainer.errors import TrainingError
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.tuning.cross_validation import CrossValidation
from meadow_trainer.tuning.search_space import starting_values, suggest

_STUDY = "meadow"
_UNPRUNED_TRIALS = 3
"""So many say what is usual before worse ones are given up."""


@dataclass(frozen=True)
class TrialResult:
    """What is known of one trial."""

    number: int
    """Counted from 0, which is the configuration as it was given."""
    state: str
    """`complete`, `pruned` after the folds that were enough to tell, or `fail`."""
    loss: float | None
    """Cross-validated; of the folds that were done."""
    accuracy: float | None
    values: dict[str, float]
    """What was searched, by name."""


@dataclass(frozen=True)
class SearchResult:
    """What a search led to."""

    config: TrainingConfig
    rows: tuple[TrialResult, ...]
    best: int
    """Number of the trial that the configuration is of."""


def search(
    data: CrossValidation,
    config: TrainingConfig,
    *,
    trials: int,
    storage: Path | None,
    on_trial: Callable[[TrialResult], None],
    callbacks: TrainingCallbacks,
) -> SearchResult:
    """Try configurations; those that do worse than the median after a fold are given up there.

    Args:
        data: What to measure on.
        config: Where to start: the first trial is it, as near as the ranges allow. Its seed is the search's too.
        trials: How many there are to be in all.
        storage: SQLite file that keeps the trials, and whose earlier ones are gone on from; None keeps them in memory.
        on_trial: Told of each trial when it has ended.
        callbacks: May cancel it.

    Raises:
        TrainingError: No trial came to an end, or the file is of another search.
        TrainingCancelledError: Cancelled by a callback.
    """
    study = _open(storage, data.identity(config), config.seed)
    done = sum(trial.state.is_finished() for trial in study.trials)
    if not done:
        # Also when a search was killed before it had tried anything.
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
        # A rate that is too high makes the loss no number: a bad trial, no fault of the search.
        catch=(TrainingError,),
        callbacks=[lambda _, trial: on_trial(_row(trial))],
    )
    rows = tuple(_row(trial) for trial in study.trials)
    if not any(row.state == "complete" for row in rows):
        raise TrainingError("No trial of the search came to its end.")
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
    # A search that is gone on with must not draw the same again.
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
