from pathlib import Path

from meadow_core.host_metrics import HostCollector


def found(collector: HostCollector) -> dict[str, float]:
    return {sample.name: sample.value for family in collector.collect() for sample in family.samples}


def test_a_container_is_asked_before_its_host(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 300\ninactive_file 200\n")
    values = found(HostCollector(tmp_path, cgroup=tmp_path))
    assert (values["meadow_memory_size_bytes"], values["meadow_memory_available_bytes"]) == (1000, 500)


def test_a_container_without_a_limit_has_what_its_host_has(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "meminfo").write_text("MemTotal:  8 kB\nMemFree: 1 kB\nMemAvailable:   4 kB\n")
    values = found(HostCollector(tmp_path, cgroup=tmp_path, meminfo=tmp_path / "meminfo"))
    assert (values["meadow_memory_size_bytes"], values["meadow_memory_available_bytes"]) == (8192, 4096)


def test_what_cannot_be_read_is_missing(tmp_path: Path) -> None:
    values = found(HostCollector(tmp_path, cgroup=tmp_path, meminfo=tmp_path / "meminfo"))
    assert set(values) == {"meadow_disk_size_bytes", "meadow_disk_free_bytes"}


def test_a_home_that_is_not_made_yet_has_a_disk_all_the_same(tmp_path: Path) -> None:
    assert found(HostCollector(tmp_path / "later"))["meadow_disk_size_bytes"] > 0
