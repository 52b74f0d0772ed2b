from pathlib import Path

import pytest

from meadow_airflow.schedules import SCHEDULES
from meadow_airflow.settings import ADD, EPOCHS, MIN_NEW_IMAGES, SETTINGS, SOURCES

PAGE = (Path(__file__).parents[2] / "docs/continuous-training.md").read_text()


def test_the_environment_wins_over_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_MIN_NEW_IMAGES", "7")
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_ADD", "False")
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_SOURCES", '[{"type": "corrections"}]')
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_EPOCHS", " ")
    assert MIN_NEW_IMAGES.get() == 7
    assert ADD.get() is False
    assert SOURCES.get() == [{"type": "corrections"}]
    assert EPOCHS.get() is None


@pytest.mark.parametrize(("variable", "setting"), [("MIN_NEW_IMAGES", MIN_NEW_IMAGES), ("SOURCES", SOURCES)])
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str, setting: object) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_MEADOW_{variable}", "many")
    with pytest.raises(ValueError, match=f"meadow_{variable.lower()} is 'many'"):
        setting.get()  # type: ignore[attr-defined]


def test_every_setting_is_in_the_page_with_its_default() -> None:
    table = PAGE.partition("\n| Variable |")[2].partition("\n\n")[0]
    rows = {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| `meadow_")}
    assert set(rows) == {f"`{name}`" for name in [*(setting.name for setting in SETTINGS), *SCHEDULES]}
    for setting in SETTINGS:
        assert setting.about in rows[f"`{setting.name}`"]
    for name, cron in SCHEDULES.items():
        assert f"`{cron}`" in rows[f"`{name}`"]
