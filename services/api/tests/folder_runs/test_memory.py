"""A folder may be larger than the client's memory."""

import os
from pathlib import Path

from classify_command import ClassifyCommand
from meadow.packs import PACK_BYTES, PACK_IMAGES
from pack_answerer import PackAnswerer

PACKS = 48
HELD_PACKS = 20
"""Four threads, each with a pack, its files' bytes and the connection's copy; and what the allocator keeps of them."""
KIBIBYTE = 1024


def peak_bytes(classify: ClassifyCommand) -> int:
    """Classify the folder, and return the most memory that the command had."""
    running = classify.start()
    assert running.stdout
    output = running.stdout.read()
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    running.stdout.close()
    assert running.returncode == 1, output  # every image failed, as the answerer says
    return usage.ru_maxrss * KIBIBYTE


def test_a_few_packs_are_in_memory_at_a_time(classify: ClassifyCommand, answerer: PackAnswerer, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    with answerer:
        for number in range(2):
            (folder / f"{number}.jpg").write_bytes(b"x")
        small = peak_bytes(classify)
        body = bytes(PACK_BYTES // PACK_IMAGES)
        for number in range(PACKS * PACK_IMAGES):
            (folder / f"{number}.jpg").write_bytes(body)
        large = peak_bytes(classify)
    assert len(classify.names()) == PACKS * PACK_IMAGES
    assert large - small < HELD_PACKS * PACK_BYTES, f"{(large - small) // PACK_BYTES} packs"
