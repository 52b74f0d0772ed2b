from datetime import datetime

import pytest

from meadow_local.log_lines import dated, written_at

LOCAL = datetime(2026, 11, 23, 18, 17, 39).timestamp()  # noqa: DTZ001 - logs without a zone are in local time
UTC_TIME = 1795457859.0


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-23 18:17:39,207 INFO success", LOCAL + 0.207),
        ("2026/11/23 18:17:39 INFO mlflow.store", LOCAL),
        ("7387:M 23 Nov 2026 18:17:39.500 * Ready", LOCAL + 0.5),
        ("[I 261123 18:17:39 command:26] shutting down", LOCAL),
        ("2026-11-23T18:17:39.250Z info", UTC_TIME + 0.25),
        ("2026-11-23T19:17:39+01:00 info", UTC_TIME),
        ('{"ts": "2026-11-23T18:17:39Z", "event": "x"}', UTC_TIME),
        ("INFO:     Started server process [12]", None),
        ("2026-13-45 99:99:99 not a time", None),
    ],
)
def test_every_program_writes_time_its_own_way(text: str, when: float | None) -> None:
    assert written_at(text) == (None if when is None else pytest.approx(when))


def test_a_line_without_a_time_stays_with_the_one_before() -> None:
    lines = list(dated("api", ["2026-11-23T18:17:39Z boom", "Traceback", "  in main", "2026-11-23T18:17:30Z back"]))
    assert [line.when for line in lines] == [UTC_TIME] * 4
    assert lines[1].part == "api"
