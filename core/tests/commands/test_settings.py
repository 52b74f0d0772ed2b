from pathlib import Path

import pytest

from command_line import command_line


def test_a_setting_that_is_not_valid_is_named_with_its_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    meadow = command_line(monkeypatch, tmp_path)
    monkeypatch.setenv("MEADOW_API_PORT", "eighty")
    assert meadow("settings") == 2
    shown = capsys.readouterr().err
    assert "api_port" in shown
    assert "input_value='eighty'" in shown
