import re
from enum import StrEnum
from importlib.resources import files

import pytest

from meadow_core.jobs import keys, scripts
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.scripts import UnitKeys, load_script
from meadow_core.jobs.unit_keys import unit_keys
from meadow_core.jobs.verdicts import (
    AddPackVerdict,
    CancelVerdict,
    ClaimPackVerdict,
    ClaimVerdict,
    FeedbackVerdict,
    FillPackVerdict,
    SealVerdict,
    SubmitVerdict,
)

FOLDER = files(scripts)
NAMES = sorted(file.name.removesuffix(".lua") for file in FOLDER.iterdir() if file.name.endswith(".lua"))
ANSWER = re.compile(
    r"(?:return (?:refuse\(|\{)?|local verdict = [^\n]* and |== fingerprint and |== packs and | or )'([a-z-]+)'"
)
COMMENT = re.compile("--.*")
VERDICTS: dict[str, type[StrEnum]] = {
    "add_pack": AddPackVerdict,
    "cancel": CancelVerdict,
    "claim": ClaimVerdict,
    "claim_pack": ClaimPackVerdict,
    "feedback": FeedbackVerdict,
    "fill_pack": FillPackVerdict,
    "seal": SealVerdict,
    "submit": SubmitVerdict,
}


def answers(name: str) -> set[str]:
    return set(ANSWER.findall(COMMENT.sub("", (FOLDER / f"{name}.lua").read_text())))


@pytest.mark.parametrize("name", VERDICTS)
def test_a_script_answers_with_the_verdicts_that_are_listed(name: str) -> None:
    assert answers(name) == {verdict.value for verdict in VERDICTS[name]}


def test_other_scripts_answer_with_numbers_and_lists() -> None:
    for name in set(NAMES) - set(VERDICTS) - {"prelude"}:
        source = COMMENT.sub("", (FOLDER / f"{name}.lua").read_text())
        assert not re.search(r"return (refuse\(|\{)?'", source), name


def test_the_places_of_a_units_keys_are_those_of_python() -> None:
    found = unit_keys(Unit("batch_1", 3))
    first, second, *_ = load_script("submit").splitlines()
    names, places = first.removeprefix("local ").split(" = ")
    for name, place in zip(names.split(", "), places.split(", "), strict=True):
        assert found[int(place) - 1] == getattr(found, name.lower())
    assert second == f"local UNIT_KEYS = {len(UnitKeys._fields)}"


def test_the_parts_of_a_jobs_key_are_those_of_python() -> None:
    source = load_script("seal")
    parts = {keys.classes("j"), keys.packs_added("j"), keys.packs_done("j"), keys.pack_attempts("j"), keys.job("j")}
    assert {keys.job("j") + part for part in keys.JOB_PARTS} == parts
    assert "local PARTS = {'', ':classes', ':added', ':done', ':attempts'}" in source


@pytest.mark.parametrize("name", NAMES)
def test_no_script_spells_a_key(name: str) -> None:
    source = (FOLDER / f"{name}.lua").read_text()
    assert "meadow:" not in source
    assert not re.search(r"\.\. ':[a-z]+'", re.sub(r"(number|pack) \.\. ':[a-z_]+'", "", source))


def test_scripts_know_no_other_field_of_a_record_than_python() -> None:
    call = re.compile(r"'(?:HSET|HGET|HMGET|HINCRBY|HSETNX|HDEL|HEXISTS)', (?:KEYS\[JOB\]|job), ([^\n]*)")
    named = {word for name in NAMES for rest in call.findall((FOLDER / f"{name}.lua").read_text())
             for word in re.findall(r"'([a-z_]+)'", rest)}  # fmt: skip
    assert len(named) > 20
    assert named - {"queued", "running"} <= {field.value for field in JobField}
