import hashlib
import re
from collections.abc import Callable

import pytest


def test_a_key_is_shown_with_the_hash_that_the_gateway_takes(
    meadow: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")  # a line that is broken could not be copied
    assert meadow("keys", "new", "web_ui") == 0
    shown = capsys.readouterr().out
    key = re.search(r"MEADOW_API_KEY=(mdw_[\w-]{40,})$", shown, re.MULTILINE)
    assert key
    assert f"MEADOW_API_KEYS=web_ui:{hashlib.sha256(key[1].encode()).hexdigest()}\n" in shown


def test_no_two_keys_are_alike(meadow: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    keys = set()
    for _ in range(3):
        meadow("keys", "new", "me")
        keys.add(capsys.readouterr().out)
    assert len(keys) == 3


@pytest.mark.parametrize("name", ["a:b", "a,b", "two words", ""])
def test_a_name_that_would_break_the_list_is_refused(
    meadow: Callable[..., int], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert meadow("keys", "new", name) == 2
    assert "letters, digits and '_' only" in capsys.readouterr().err
