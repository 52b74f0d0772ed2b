"""Decisions and promotions as the registry's tags."""

from meadow.schemas.models import GateRecord
from meadow.schemas.promotion import Promotion
from meadow_core import names


def decision_tags(record: GateRecord) -> dict[str, str]:
    """Write what was decided about a version as tags of the version or its run."""
    numbers = {names.DECISION_GAIN_TAG: record.gain, names.DECISION_P_VALUE_TAG: record.p_value}
    return {
        names.DECISION_TAG: record.decision.value,
        names.DECISION_REASON_TAG: record.reason,
        names.DECISION_CHAMPION_TAG: record.champion,
        **{tag: "" if number is None else repr(number) for tag, number in numbers.items()},
    }


def promotion_tag(promotion: Promotion) -> str:
    """Name the registered model's tag that holds a change of production; in the order of the changes."""
    return f"{names.PROMOTION_TAG_PREFIX}{promotion.at:%Y%m%dT%H%M%S.%fZ}"
