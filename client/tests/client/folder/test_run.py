from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from fake_gateway import FakeGateway
from meadow.client import ApiProblem, Client
from meadow.client.folder import (
    BatchFailedError,
    FolderChangedError,
    FolderProgress,
    FolderRun,
    Plan,
    find_files,
    make_plan,
)
from meadow.packs import PACK_IMAGES
from meadow.schemas.jobs import JobState

Photos = Callable[..., Path]

NAMES = [f"grass{number:03}.jpg" for number in range(3 * PACK_IMAGES - 5)]


def plan_of(client: Client, folder: Path) -> Plan:
    return make_plan(find_files([str(folder)]).files, client.limits())


def packs_sent(gateway: FakeGateway) -> list[str]:
    return sorted(asked.path.rpartition("/")[2] for asked in gateway.asked if asked.method == "PUT")


def test_every_file_is_answered_once_and_progress_never_goes_back(
    gateway: FakeGateway, client: Client, photos: Photos
) -> None:
    run = FolderRun.begin(client, plan_of(client, photos(*NAMES)), "lawns")
    seen: list[FolderProgress] = []
    run.finish(seen.append)
    assert [result.item for result in run.results()] == NAMES
    assert packs_sent(gateway) == ["0", "1", "2"]
    counts = [(state.uploaded, state.done) for state in seen]
    assert counts[0] == (0, 0)
    assert counts[-1] == (len(NAMES), len(NAMES))
    assert all(earlier <= later for one in zip(*counts, strict=True) for earlier, later in pairwise(one))


def test_what_is_in_is_not_sent_again(gateway: FakeGateway, client: Client, photos: Photos) -> None:
    plan = plan_of(client, photos(*NAMES))
    interrupted = FolderRun.begin(client, plan, "lawns")
    assert interrupted.job
    client.add_pack(interrupted.job.id, 1, [(file.name, b"x") for file in plan.files_of(1)])
    gateway.asked.clear()
    resumed = FolderRun.resume(client, plan, "lawns")
    assert resumed
    resumed.finish()
    assert packs_sent(gateway) == ["0", "2"]
    assert [result.item for result in resumed.results()] == NAMES
    gateway.asked.clear()
    finished = FolderRun.resume(client, plan, "lawns")
    assert finished
    finished.finish()
    assert [result.item for result in finished.results()] == NAMES
    assert {asked.method for asked in gateway.asked} == {"GET"}


def test_only_a_batch_that_can_still_answer_is_taken_up(gateway: FakeGateway, client: Client, photos: Photos) -> None:
    plan = plan_of(client, photos("a.jpg"))
    assert FolderRun.resume(client, plan, "lawns") is None
    cancelled = FolderRun.begin(client, plan, "lawns")
    assert cancelled.job
    client.cancel(cancelled.job.id)
    assert FolderRun.resume(client, plan, "lawns") is None
    newer = FolderRun.begin(client, plan, "lawns")
    found = FolderRun.resume(client, plan, "lawns")
    assert found
    assert found.job == newer.job
    assert len(gateway.batches.opened) == 2


def test_a_folder_that_changed_is_told_with_what_to_do(client: Client, photos: Photos) -> None:
    begun = FolderRun.begin(client, plan_of(client, photos("a.jpg")), "lawns")
    assert begun.job
    changed = plan_of(client, photos("b.jpg"))
    with pytest.raises(FolderChangedError, match=f"without --resume.*meadow cancel {begun.job.id}"):
        FolderRun.resume(client, changed, "lawns")
    assert FolderRun.resume(client, changed, "another folder") is None


def test_a_file_that_went_or_changed_after_the_plan_is_a_failed_image(client: Client, photos: Photos) -> None:
    folder = photos("a.jpg", "grown.jpg", "gone.jpg", "shrunk.jpg")
    plan = plan_of(client, folder)
    (folder / "gone.jpg").unlink()
    (folder / "grown.jpg").write_bytes(b"x" * 100)
    (folder / "shrunk.jpg").write_bytes(b"")
    run = FolderRun.begin(client, plan, "")
    run.finish()
    codes = {result.item: result.error.code if result.error else "" for result in run.results()}
    assert codes == {
        "a.jpg": "",
        "gone.jpg": "file-unreadable",
        "grown.jpg": "file-changed",
        "shrunk.jpg": "file-changed",
    }


def test_files_that_are_all_too_large_open_no_batch(gateway: FakeGateway, client: Client, photos: Photos) -> None:
    gateway.batches.limits = gateway.batches.limits.model_copy(update={"max_image_bytes": 1})
    run = FolderRun.begin(client, plan_of(client, photos("a.jpg", "b.jpg")), "")
    run.finish()
    assert [result.error and result.error.code for result in run.results()] == ["too-large", "too-large"]
    assert gateway.batches.opened == {}


def test_a_refused_pack_ends_the_run(gateway: FakeGateway, client: Client, photos: Photos) -> None:
    run = FolderRun.begin(client, plan_of(client, photos(*NAMES)), "")
    assert run.job
    gateway.reply({"count": 0, "ranges": []})
    for _ in NAMES:
        gateway.reply_problem("job-finished", 409, "The batch is cancelled.")
    with pytest.raises(ApiProblem, match="The batch is cancelled"):
        run.finish()


def test_a_batch_that_ends_without_answers_is_an_error(gateway: FakeGateway, client: Client, photos: Photos) -> None:
    gateway.batches.ends_as = JobState.CANCELLED
    run = FolderRun.begin(client, plan_of(client, photos("a.jpg")), "")
    with pytest.raises(BatchFailedError, match="batch_1 did not finish: it is cancelled"):
        run.finish()
