import codecs
from pathlib import Path

import pytest

from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.sources.list_file import read_list

ROWS = [("http://h/a.jpg", "grass"), ("http://h/b.jpg?x=1,2;3", "Löwenzahn")]


def rows(path: Path) -> list[tuple[str, str]]:
    return [(image.place, image.label) for image in read_list(path)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separator_encoding_and_line_ends_are_told(tmp_path: Path, encoding: str, separator: str, end: str) -> None:
    lines = [f"url{separator}label", *(f'"{place}"{separator}{label}' for place, label in ROWS)]
    path = tmp_path / "list.csv"
    path.write_bytes(end.join(lines).encode(encoding))
    assert rows(path) == ROWS


def test_big_endian_utf16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(codecs.BOM_UTF16_BE + "url,label\nhttp://h/a.jpg,grass\n".encode("utf-16-be"))
    assert rows(path) == [("http://h/a.jpg", "grass")]


@pytest.mark.parametrize(
    "heading",
    [
        "URL,Label",
        " url , label ",
        "Image URL,Class",
        "filename,category",
        "path,class_name",
        '"url","label"',
        "File,CLASS",
    ],
)
def test_usual_headings_are_recognised(tmp_path: Path, heading: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{heading}\nhttp://h/a.jpg,grass\n")
    assert rows(path) == [("http://h/a.jpg", "grass")]


def test_columns_may_stand_anywhere_and_the_address_is_preferred(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id;label;image;url;note\n7;grass;a;http://h/a.jpg;x\n8;moss;b;http://h/b.jpg\n\n;;;;\n")
    assert rows(path) == [("http://h/a.jpg", "grass"), ("http://h/b.jpg", "moss")]


def test_two_columns_need_no_heading(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("http://h/a.jpg,grass\nimages/b.jpg, moss \n")
    assert [(image.line, image.place, image.label) for image in read_list(path)] == [
        (1, "http://h/a.jpg", "grass"),
        (2, "images/b.jpg", "moss"),
    ]


def test_cell_of_any_length_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    address = "data:image/jpeg;base64," + "A" * 300_000
    path.write_text(f'url,label\n"{address}",grass\n')
    assert rows(path) == [(address, "grass")]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"name,colour,size\nx,y,z\n", r"no columns for images and labels.*url,label.*It has: name, colour, size"),
        (b"", "It has: nothing"),
        (b"url,label\n", "lists no images"),
        (b"PK\x03\x04workbook", "Save the list as CSV"),
        (bytes(range(256)) * 4, "is no text"),
    ],
)
def test_what_is_no_list_is_told(tmp_path: Path, body: bytes, reason: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(body)
    with pytest.raises(DatasetError, match=reason):
        read_list(path)
