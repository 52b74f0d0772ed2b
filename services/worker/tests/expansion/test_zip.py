"""What is in a zip is answered, each image at its place; what is hostile in it does no harm and is told."""

import io
import random
import struct
import zipfile
from collections.abc import Callable

import pytest

from expanded_batch import ExpandedBatch
from meadow.packs import PACK_IMAGES
from meadow.schemas.jobs import JobError
from meadow_core.settings import Settings
from meadow_worker.expansion import zip as zip_images_module
from meadow_worker.expansion import zip_directory
from zips import body_start, change_both, change_record, make_zip

OpenZip = Callable[..., ExpandedBatch]
NOISE = random.Random(0).randbytes(2000)  # noqa: S311 - bytes that do not shrink


def details(batch: ExpandedBatch) -> dict[str, str]:
    """Why each failed item failed; the good ones left out."""
    return {name: body for name, body in batch.images().items() if isinstance(body, str)}


def refused(batch: ExpandedBatch, name: str) -> str:
    batch.expand()
    error = dict(image for pack in batch.packs() for image in pack)[name]
    assert isinstance(error, JobError)
    assert error.code == "zip-entry-refused"
    return error.detail


def failure(batch: ExpandedBatch) -> tuple[str, str]:
    batch.expand()
    assert batch.record["state"] == "failed"
    assert batch.error
    assert batch.record.get("total", "0") == "0", "nothing of it was enqueued"
    return batch.error.code, batch.error.detail


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_images_keep_their_order_and_their_bytes(open_zip: OpenZip, method: int) -> None:
    entries = [(f"lawn/{number:03}.jpg", NOISE[number:]) for number in range(2 * PACK_IMAGES + 5)]
    batch = open_zip(make_zip(entries, method=method))
    batch.expand()
    packs = batch.packs()
    assert [len(pack) for pack in packs] == [PACK_IMAGES, PACK_IMAGES, 5]
    assert [image for pack in packs for image in pack] == entries
    job = batch.job()
    assert (job.sealed, job.progress and job.progress.total) == (True, len(entries))


def test_what_is_no_image_is_passed_over_as_in_a_folder(open_zip: OpenZip) -> None:
    names = ["a/", "a/one.JPG", "a/notes.txt", "__MACOSX/a/._one.jpg", ".hidden.jpg", ".git/two.jpg", "./three.png"]
    batch = open_zip(make_zip([(name, b"" if name.endswith("/") else NOISE) for name in names]))
    batch.expand()
    assert batch.images() == {"a/one.JPG": NOISE, "./three.png": NOISE}
    assert batch.job().passed_over == {".txt": 1, "hidden or system folder": 2, "hidden or system file": 1}


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".jif", ".heic", ".HEIF", ".hif", ".avif", ".webp", ".tif"])
def test_every_suffix_of_an_image_type_names_an_image(open_zip: OpenZip, suffix: str) -> None:
    batch = open_zip(make_zip([(f"a{suffix}", NOISE)]))
    batch.expand()
    assert list(batch.images()) == [f"a{suffix}"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_entry_whose_suffix_names_no_type_is_told_by_its_first_bytes(open_zip: OpenZip, method: int) -> None:
    image = b"\x89PNG\r\n\x1a\n" + NOISE
    entries = [
        ("5d41402abc", image),
        ("photo.jpg_original", image),
        ("README", NOISE),
        ("a.jpg?w=9", NOISE),
        ("empty", b""),
    ]
    batch = open_zip(make_zip([*entries, ("raw.dng", image)], method=method))
    batch.expand()
    assert batch.images() == dict(entries[:2])
    assert batch.job().passed_over == {"file without a suffix": 2, ".jpg?w=9": 1, ".dng": 1}


def test_untold_entries_that_cannot_be_read_are_passed_over(open_zip: OpenZip) -> None:
    archive = change_both(make_zip([("a.jpg", NOISE), ("b", b"GIF89a" + NOISE)]), "b", "flags", 1)
    batch = open_zip(archive)
    batch.expand()
    assert batch.images() == {"a.jpg": NOISE}
    assert batch.job().passed_over == {"file without a suffix": 1}


def test_long_stretch_of_untold_entries_holds_nobody_up(open_zip: OpenZip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_images_module, "ENTRIES_PER_PAUSE", 5)
    batch = open_zip(make_zip([*[(f"{number:02}", NOISE) for number in range(23)], ("z.jpg", NOISE)]))
    assert batch.expand(batch.expander(turn_seconds=0)) >= 4 + 2
    assert batch.images() == {"z.jpg": NOISE}
    assert batch.job().passed_over == {"file without a suffix": 23}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../../evil.jpg", "leads out of the zip"),
        ("a/../../evil.jpg", "leads out of the zip"),
        ("/etc/evil.jpg", "leads out of the zip"),
        ("C:/evil.jpg", "leads out of the zip"),
        ("..\\evil.jpg", "leads out of the zip"),
        ("inner.zip", "archive itself"),
        ("photos.tar.gz", "archive itself"),
        ("n" * 1025 + ".jpg", "longer than 1,024 bytes"),
        ("a\nb.jpg", "control characters"),
    ],
)
def test_a_bad_name_is_a_failed_item(open_zip: OpenZip, name: str, why: str) -> None:
    batch = open_zip(make_zip([("good.jpg", NOISE), (name, NOISE), ("last.jpg", NOISE)]))
    batch.expand()
    images = list(batch.images().items())
    assert [name for name, body in images if body == NOISE] == ["good.jpg", "last.jpg"]
    label, detail = images[1]
    assert label.isprintable()
    assert why in str(detail)


def test_names_are_read_in_the_three_ways_they_are_written(open_zip: OpenZip) -> None:
    archive = make_zip([("bl?te.jpg", NOISE), ("grün.jpg", NOISE), ("gr??s.jpg", NOISE)])
    for told, raw in (("bl?te.jpg", b"bl\x81te.jpg"), ("gr??s.jpg", "grös.jpg".encode())):
        archive = archive.replace(told.encode(), raw)
    batch = open_zip(archive)
    batch.expand()
    assert list(batch.images()) == ["blüte.jpg", "grün.jpg", "grös.jpg"]


def test_the_second_of_a_name_is_a_failed_item(open_zip: OpenZip) -> None:
    archive = make_zip([("a.jpg", NOISE), ("b.jpg", NOISE[1:])]).replace(b"b.jpg", b"a.jpg")
    batch = open_zip(archive)
    batch.expand()
    [[(_, first), (_, second)]] = batch.packs()
    assert first == NOISE
    assert isinstance(second, JobError)
    assert "same name" in second.detail


def test_links_are_not_followed(open_zip: OpenZip) -> None:
    archive = change_record(
        make_zip([("a.jpg", b"/etc/passwd"), ("b.jpg", NOISE)]), "a.jpg", "attributes", 0o120777 << 16
    )
    assert "link" in refused(open_zip(archive), "a.jpg")


def test_encrypted_entries_are_told(open_zip: OpenZip) -> None:
    archive = change_both(make_zip([("a.jpg", NOISE), ("b.jpg", NOISE)]), "b.jpg", "flags", 1)
    batch = open_zip(archive)
    assert "encrypted" in refused(batch, "b.jpg")
    assert batch.images()["a.jpg"] == NOISE


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_told(open_zip: OpenZip, method: int) -> None:
    assert f"method {method}" in refused(open_zip(make_zip([("a.jpg", NOISE)], method=method)), "a.jpg")


def test_a_wrong_checksum_is_told(open_zip: OpenZip) -> None:
    archive = make_zip([("a.jpg", NOISE), ("b.jpg", NOISE)], method=zipfile.ZIP_STORED)
    place = body_start(archive, "a.jpg") + 7
    batch = open_zip(archive[:place] + bytes([archive[place] ^ 1]) + archive[place + 1 :])
    assert "checksum" in refused(batch, "a.jpg")
    assert batch.images()["b.jpg"] == NOISE


def test_damaged_compression_is_told(open_zip: OpenZip) -> None:
    archive = make_zip([("a.jpg", NOISE)])
    place = body_start(archive, "a.jpg")
    assert "damaged" in refused(open_zip(archive[:place] + b"\xff" * 40 + archive[place + 40 :]), "a.jpg")


def test_name_with_slashes_in_the_directory_alone_is_the_same_name(open_zip: OpenZip) -> None:
    """As programs on .NET 4.5 write it."""
    archive = make_zip([("a/b.jpg", NOISE)])
    batch = open_zip(archive.replace(b"a/b.jpg", b"a\\b.jpg", 1))
    batch.expand()
    assert batch.images() == {"a/b.jpg": NOISE}


def test_the_directory_and_the_entry_must_agree(open_zip: OpenZip) -> None:
    archive = make_zip([("a.jpg", NOISE), ("b.jpg", NOISE)])
    assert "another name" in refused(open_zip(change_record(archive, "b.jpg", "name", b"c.jpg")), "c.jpg")
    assert "otherwise" in refused(open_zip(change_record(archive, "b.jpg", "method", 0)), "b.jpg")
    no_header = archive.replace(b"PK\x03\x04", b"PK\x03\x05", 1)
    assert "no entry" in refused(open_zip(no_header), "a.jpg")


@pytest.mark.parametrize(("said", "why"), [(1000, "more than the 1,000"), (3000, "less than the 3,000")])
def test_a_size_that_lies_is_told_and_no_more_is_unpacked(open_zip: OpenZip, said: int, why: str) -> None:
    archive = make_zip([("a.jpg", NOISE), ("b.jpg", NOISE)])
    batch = open_zip(change_both(archive, "a.jpg", "size", said))
    assert why in refused(batch, "a.jpg")


def test_a_bomb_is_refused_by_its_ratio_and_by_its_size(open_zip: OpenZip) -> None:
    batch = open_zip(make_zip([("flat.jpg", bytes(90_000)), ("large.jpg", bytes(100_001)), ("good.jpg", NOISE)]))
    batch.expand()
    told = details(batch)
    assert "more than 200 times" in told["flat.jpg"]
    assert "at most 100,000 are accepted" in told["large.jpg"]
    assert batch.images()["good.jpg"] == NOISE


@pytest.mark.slow
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_image_as_large_as_is_accepted_by_default_is_read_whole(open_zip: OpenZip, method: int) -> None:
    most = Settings().max_image_bytes
    largest, larger = random.Random(1).randbytes(most), bytes(most + 1)  # noqa: S311 - as above
    archive = make_zip([("a.jpg", NOISE), ("b.jpg", largest), ("c.jpg", NOISE), ("d.jpg", larger)], method=method)
    batch = open_zip(archive, max_image_bytes=most)
    batch.expand()
    assert [len(pack) for pack in batch.packs()] == [1, 1, 2]
    images = batch.images()
    assert (images["a.jpg"], images["b.jpg"] == largest, images["c.jpg"]) == (NOISE, True, NOISE)
    assert images["d.jpg"] == f"The image has {most + 1:,} bytes; at most {most:,} are accepted."


def test_a_bomb_that_lies_about_its_size_is_cut_off(open_zip: OpenZip) -> None:
    archive = change_both(make_zip([("a.jpg", bytes(50_000_000))]), "a.jpg", "size", 60_000)
    assert "unpacks to more than the 60,000" in refused(open_zip(archive, max_zip_ratio=10_000), "a.jpg")


def test_more_entries_than_are_read_fail_the_batch_before_anything_is_enqueued(open_zip: OpenZip) -> None:
    archive = make_zip([(f"{number}.txt", b"") for number in range(11)])
    assert failure(open_zip(archive, max_zip_entries=10))[0] == "zip-too-large"


def test_a_directory_that_hides_how_many_entries_it_has_is_no_way_around(open_zip: OpenZip) -> None:
    archive = bytearray(make_zip([(f"{number}.jpg", NOISE) for number in range(11)]))
    struct.pack_into("<2H", archive, archive.rindex(b"PK\x05\x06") + 8, 3, 3)
    assert failure(open_zip(bytes(archive), max_zip_entries=10))[0] == "zip-too-large"
    code, detail = failure(open_zip(bytes(archive)))
    assert (code, "announces 3 entries and holds 11" in detail) == ("zip-invalid", True)


def test_a_directory_that_is_too_large_is_not_read(open_zip: OpenZip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_directory, "MAX_DIRECTORY_BYTES", 100)
    archive = make_zip([(f"{'n' * 60}{number}.jpg", NOISE) for number in range(3)])
    assert failure(open_zip(archive))[0] == "zip-too-large"


def test_more_bytes_than_are_unpacked_fail_the_batch_before_anything_is_enqueued(open_zip: OpenZip) -> None:
    archive = make_zip([(f"{number}.jpg", NOISE) for number in range(6)])
    code, detail = failure(open_zip(archive, max_unzipped_bytes=11_999))
    assert (code, "12,000" in detail, "11,999" in detail) == ("zip-too-large", True, True)


def test_a_file_that_is_too_large_is_not_opened(open_zip: OpenZip) -> None:
    assert failure(open_zip(make_zip([("a.jpg", NOISE)]), max_zip_bytes=100))[0] == "zip-too-large"


def test_entries_upon_each_other_fail_the_batch(open_zip: OpenZip) -> None:
    """A kernel of a megabyte that a thousand entries share (Fifield, 2019) needs no ratio that stands out."""
    archive = make_zip([("a.jpg", NOISE), ("b.jpg", NOISE)], method=zipfile.ZIP_STORED)
    code, detail = failure(open_zip(change_record(archive, "b.jpg", "start", 0)))
    assert (code, "overlap" in detail) == ("zip-invalid", True)
    assert failure(open_zip(change_record(archive, "a.jpg", "compressed", 2100)))[0] == "zip-invalid"


def test_an_entry_may_not_reach_into_the_next_by_its_own_header(open_zip: OpenZip) -> None:
    archive = bytearray(make_zip([("a.jpg", NOISE), ("b.jpg", NOISE)]))
    struct.pack_into("<H", archive, 28, 500)
    assert "reaches into the next" in refused(open_zip(bytes(archive)), "a.jpg")


WHOLE = make_zip([("a.jpg", NOISE), ("b.jpg", NOISE)])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"PK", id="next to nothing"),
        pytest.param(NOISE, id="no zip"),
        pytest.param(WHOLE[: len(WHOLE) // 2], id="cut in half"),
        pytest.param(WHOLE[:-1], id="cut by a byte"),
        pytest.param(WHOLE[100:], id="cut at its beginning"),
        pytest.param(WHOLE.replace(b"PK\x01\x02", b"PK\x01\x03"), id="a damaged directory"),
        pytest.param(WHOLE[:-18] + b"\1\0\1\0" + WHOLE[-14:], id="one of several"),
    ],
)
def test_what_is_no_whole_zip_fails_the_batch(open_zip: OpenZip, body: bytes) -> None:
    assert failure(open_zip(body))[0] == "zip-invalid"


def test_a_zip_without_images_fails_the_batch(open_zip: OpenZip) -> None:
    batch = open_zip(make_zip([("notes.txt", NOISE)]))
    assert failure(batch) == ("source-empty", "There are no images in the zip. Passed over: 1 .txt.")
    assert batch.job().passed_over == {".txt": 1}
    assert failure(open_zip(make_zip([])))[0] == "source-empty"


def test_a_program_in_front_and_a_comment_behind_do_no_harm(open_zip: OpenZip) -> None:
    buffer = io.BytesIO()
    buffer.write(b"#!/bin/sh\n" * 20)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("a.jpg", NOISE)
        archive.comment = b"PK\x05\x06 is in here"
    batch = open_zip(buffer.getvalue())
    batch.expand()
    assert batch.images() == {"a.jpg": NOISE}


def test_a_zip64_is_read(open_zip: OpenZip) -> None:
    """As those above 4 GiB are, and those that were written to a pipe."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("a.jpg", "w", force_zip64=True) as entry:
        entry.write(NOISE)
    body = buffer.getvalue()
    end = body.rindex(b"PK\x05\x06")
    _, _, _, _, entries, size, start, _ = struct.unpack_from("<4s4H2LH", body, end)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    full = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    batch = open_zip(body[:end] + end64 + locator + full)
    batch.expand()
    assert batch.images() == {"a.jpg": NOISE}


def test_the_upload_is_deleted_once_the_batch_is_filled_or_failed(open_zip: OpenZip) -> None:
    for body, state in ((make_zip([("a.jpg", NOISE)]), "running"), (b"no zip", "failed")):
        batch = open_zip(body)
        upload_id = batch.record["source"].split('"')[-2]
        assert batch.has_upload(upload_id)
        batch.expand()
        assert batch.record["state"] == state
        assert not batch.has_upload(upload_id)
