from itertools import islice
from pathlib import Path

from meadow_local.home import Home
from meadow_local.log_stream import Follower, follow, history


def write(home: Home, part: str, *lines: str) -> Path:
    path = home.log_file(part)
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path


def test_history_is_one_stream_in_the_order_of_writing(home: Home) -> None:
    write(home, "api", "2026-11-23T18:00:01Z one", "2026-11-23T18:00:04Z four")
    write(home, "worker", "2026-11-23T18:00:02Z two", "  still two", "2026-11-23T18:00:03Z three")
    lines = history(home, ["api", "worker", "ui"], 4)
    assert [(line.part, line.text.split()[-1]) for line in lines] == [
        ("worker", "two"),
        ("worker", "two"),
        ("worker", "three"),
        ("api", "four"),
    ]
    assert history(home, ["api"], 0) == []


def test_a_follower_sees_what_is_added_and_only_whole_lines(home: Home) -> None:
    path = write(home, "api", "old")
    follower = Follower("api", path)
    try:
        assert follower.read() == []
        with path.open("a") as file:
            file.write("new\nhal")
        assert [line.text for line in follower.read()] == ["new"]
        with path.open("a") as file:
            file.write("f\n")
        assert [line.text for line in follower.read()] == ["half"]
    finally:
        follower.close()


def test_a_follower_goes_on_after_a_rotation(home: Home) -> None:
    path = write(home, "api", "old")
    follower = Follower("api", path)
    try:
        write(home, "api", "last of the old file")
        path.rename(path.with_suffix(".log.1"))
        write(home, "api", "first of the new file")
        assert [line.text for line in follower.read()] == ["last of the old file", "first of the new file"]
    finally:
        follower.close()


def test_a_follower_waits_for_a_log_to_appear(home: Home) -> None:
    follower = Follower("api", home.log_file("api"))
    try:
        assert follower.read() == []
        write(home, "api", "hello")
        assert [line.text for line in follower.read()] == ["hello"]
    finally:
        follower.close()


def test_following_merges_the_parts(home: Home) -> None:
    write(home, "api", "old")
    stream = follow(home, ["api", "worker"])
    write(home, "worker", "2026-11-23T18:00:02Z w")
    first = next(stream)
    write(home, "api", "2026-11-23T18:00:03Z a")
    assert [line.part for line in [first, *islice(stream, 1)]] == ["worker", "api"]
    stream.close()
