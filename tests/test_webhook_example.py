"""The receiver's check that the documentation shows works as it stands there."""

import base64
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from meadow_core.webhooks.signatures import WebhookSecrets

IsGenuine = Callable[[str, Mapping[str, str], bytes], bool]

API_PAGE = (Path(__file__).parents[1] / "docs/api.md").read_text()
OLD, NEW = (f"whsec_{base64.b64encode(character * 32).decode()}" for character in (b"o", b"n"))
BODY = b'{"type":"job.succeeded"}'


@pytest.fixture(scope="module")
def is_genuine() -> IsGenuine:
    (example,) = [block for block in re.findall(r"```python\n(.*?)```", API_PAGE, re.DOTALL) if "webhook-id" in block]
    names: dict[str, IsGenuine] = {}
    exec(example, names)  # noqa: S102 - our own page
    return names["is_genuine"]


def call(secrets: str, seconds_ago: int = 0) -> dict[str, str]:
    return WebhookSecrets.parse(secrets).headers("job_1", int(time.time()) - seconds_ago, BODY)


def test_a_genuine_call_is_taken_with_either_secret_of_a_rotation(is_genuine: IsGenuine) -> None:
    assert is_genuine(OLD, call(OLD), BODY)
    assert is_genuine(OLD, call(f"{NEW},{OLD}"), BODY)
    assert is_genuine(NEW, call(f"{NEW},{OLD}"), BODY)


def test_a_forged_a_changed_and_an_old_call_are_refused(is_genuine: IsGenuine) -> None:
    assert not is_genuine(NEW, call(OLD), BODY)
    assert not is_genuine(OLD, call(OLD), BODY + b" ")
    assert not is_genuine(OLD, {**call(OLD), "webhook-id": "job_2"}, BODY)
    assert not is_genuine(OLD, {**call(OLD), "webhook-signature": "v1,\u00e9"}, BODY)
    assert not is_genuine(OLD, call(OLD, seconds_ago=600), BODY)
