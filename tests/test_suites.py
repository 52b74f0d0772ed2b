"""`make test` runs every suite, fails with any of them, and says what it skipped."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

import suites
from suites import SUITES, Outcome, main, skipped

ROOT = Path(__file__).parents[1]


def outcome(name: str, *, passed: bool = True, output: str = "3 passed in 1.00s") -> Outcome:
    return Outcome(name, passed=passed, output=output, seconds=1, cpu=1)


def test_every_folder_of_tests_is_a_suite() -> None:
    files = subprocess.run(["git", "ls-files", "*/test_*.py"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    folders = {path[: path.index("tests/") + len("tests")] for path in files.stdout.split()}
    assert folders == set(SUITES) - {"tests/test_airflow.py"}
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["testpaths"]
    assert folders - {"dags/tests"} == set(configured)


def test_one_failed_suite_fails_the_run_and_its_output_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(name: str, options: list[str]) -> Outcome:
        assert options == ["-m", "not slow"]
        failed = name == "core/tests"
        return outcome(name, passed=not failed, output="Traceback ...\n1 failed in 2.00s" if failed else "3 passed")

    monkeypatch.setattr(suites, "run_suite", run)
    assert main(["--", "-m", "not slow"]) == 1
    told = capsys.readouterr().out
    assert "Traceback ..." in told
    assert "== core/tests: 1 failed (1 s" in told
    assert told.rstrip().endswith("Failed: core/tests")


def test_suites_that_are_left_out_are_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run(name: str, _options: list[str]) -> Outcome:
        ran.append(name)
        return outcome(name)

    monkeypatch.setattr(suites, "run_suite", run)
    assert main(["--without", "tests", "core/tests", "--lanes", "1"]) == 0
    assert ran == [name for name in SUITES if name not in {"tests", "core/tests"}]


def test_what_is_skipped_is_counted_once_for_each_reason() -> None:
    first = "SKIPPED [71] tests/test_a.py:12: no Prometheus\nSKIPPED [1] tests/test_b.py:3: no cluster\n"
    second = "SKIPPED [1] deploy/test_c.py:9: no Prometheus\n"
    assert skipped([first, second]) == {"no Prometheus": 72, "no cluster": 1}


def test_the_longest_begin_first_and_the_others_give_way_to_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert set(list(SUITES)[: len(suites.FIRST)]) == suites.FIRST
    test = tmp_path / "test_it.py"
    test.write_text("import os\ndef test_it():\n    assert os.nice(0) == int(os.environ['EXPECTED'])\n")
    own = os.nice(0)
    for name, niceness in (("made up", own + suites.NICENESS), ("made up first", own)):
        monkeypatch.setenv("EXPECTED", str(niceness))
        monkeypatch.setitem(SUITES, name, (str(test), "--rootdir", str(tmp_path), "-c", "/dev/null"))
        monkeypatch.setattr(suites, "FIRST", {"made up first"})
        ended = suites.run_suite(name, [])
        assert ended.passed, ended.output


def test_failing_tests_fail_their_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert 1 == 2\n")
    monkeypatch.setitem(
        SUITES, "made up", (str(tmp_path / "test_it.py"), "--rootdir", str(tmp_path), "-c", "/dev/null")
    )
    ended = suites.run_suite("made up", [])
    assert not ended.passed
    assert ended.summary == "1 failed"
    assert "assert 1 == 2" in ended.output
    assert ended.cpu > 0
