from meadow.image_files.passed_over import MAX_KINDS, PassedOverCounts


def test_strange_suffixes_are_counted_together() -> None:
    counts = PassedOverCounts()
    for suffix in (".txt", ".\x1b[31m", ".a_very_long_suffix", ""):
        counts.add_file(suffix)
    assert counts == {".txt": 1, "file of another type": 2, "file without a suffix": 1}
    assert counts.sentence == "Passed over: 1 .txt, 2 files of other types, 1 file without a suffix."


def test_only_so_many_suffixes_are_counted_by_themselves() -> None:
    counts = PassedOverCounts()
    for number in range(MAX_KINDS + 50):
        counts.add_file(f".x{number}")
    counts.add_file(".x0")
    assert len(counts) == MAX_KINDS + 1
    assert (counts[".x0"], counts["file of another type"]) == (2, 50)
