import unicodedata

import pytest

from meadow_core.datasets.labels import fault_of_label, label_of_folder, normal_label, twins


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (unicodedata.normalize("NFD", "Löwenzahn"), "Löwenzahn"),
        ("grass ", "grass"),
        ("  wild\tgrass\n", "wild grass"),
        ("line\nbreak", "line break"),
        ("\u3000草\u00a0地", "草 地"),
    ],
)
def test_label_has_one_normal_form(text: str, label: str) -> None:
    assert normal_label(text) == label


def test_folder_name_of_latin_1_bytes_is_read_as_windows_wrote_it() -> None:
    assert label_of_folder(b"L\xf6wenzahn".decode("utf-8", "surrogateescape")) == "Löwenzahn"
    assert label_of_folder(b"a\x81b".decode("utf-8", "surrogateescape")) == "a\x81b"


@pytest.mark.parametrize(
    ("label", "fault"),
    [("", "no label"), ("x" * 101, "has 101 characters"), ("a\0b", "cannot be printed"), ("草地", ""), ("🌼", "")],
)
def test_fault_of_label_is_said(label: str, fault: str) -> None:
    assert fault in fault_of_label(label)
    assert bool(fault_of_label(label)) is bool(fault)


WIDE = "\N{FULLWIDTH LATIN SMALL LETTER M}oss"


def test_twins_differ_in_case_or_width_only() -> None:
    assert twins(["Grass", "grass", "moss", WIDE, "clover"]) == [["Grass", "grass"], ["moss", WIDE]]
