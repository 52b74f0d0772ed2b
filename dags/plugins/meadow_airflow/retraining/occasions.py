"""Why Airflow started a run."""

from collections.abc import Collection

from meadow_airflow.assets import DATASET_ASSET, DRIFT_ASSET
from meadow_airflow.retraining.decision import Occasion

_BY_ASSET = {DATASET_ASSET.name: Occasion.DATA, DRIFT_ASSET.name: Occasion.DRIFT}


def occasions(run_type: str, asset_names: Collection[str]) -> frozenset[Occasion]:
    """Tell the occasions of a run; several assets may have started one together.

    Args:
        run_type: As Airflow calls it: `scheduled`, `manual`, `asset_triggered`, ...
        asset_names: Assets whose events started it.
    """
    if run_type == "scheduled":
        return frozenset({Occasion.TIME})
    known = frozenset(_BY_ASSET[name] for name in asset_names if name in _BY_ASSET)
    return known or frozenset({Occasion.BY_HAND})
