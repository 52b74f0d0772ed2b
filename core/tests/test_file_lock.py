import fcntl
import multiprocessing
import threading
import time
from pathlib import Path

import pytest

from meadow_core.file_lock import file_lock


def is_free(path: Path) -> bool:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_lock_is_held_inside_the_block_only(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    def fail() -> None:
        with file_lock(path):
            assert not is_free(path)
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        fail()
    assert is_free(path)


def test_second_holder_waits_for_the_first(tmp_path: Path) -> None:
    order = []

    def second() -> None:
        with file_lock(tmp_path / "lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    with file_lock(tmp_path / "lock"):
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_process_that_is_forked_meanwhile_does_not_keep_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with file_lock(path):
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        child.start()
    try:
        assert is_free(path)
    finally:
        child.kill()
        child.join()
