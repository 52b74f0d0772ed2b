"""Whole runs: real images from a real server into a real object store."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from fake_gateway.server import Answer
from image_host import ImageHost
from meadow.image_files.passed_over import PassedOver
from meadow.schemas.rejection import Reason
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.corrections import Corrections
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.ingest.run import IngestError, IngestRules, Publication
from meadow_core.datasets.sources.folder import FolderSource
from meadow_core.settings import Settings
from meadow_core.storage.layout import image_key, latest_key, manifest_key
from meadow_core.storage.s3 import ObjectStore

Publish = Callable[..., Publication]
Paint = Callable[..., bytes]


def add_rows(path: Path, *rows: str) -> None:
    path.write_text("\n".join([path.read_text(), *rows]))


def reasons_of(publication: Publication) -> Counter[Reason]:
    return Counter(rejection.reason for rejection in publication.rejected)


def test_a_list_is_downloaded_once(publish: Publish, listed: Path, host: ImageHost, catalog: DatasetCatalog) -> None:
    first = publish(listed)
    assert (len(first.manifest.entries), first.changed, first.rejected) == (12, True, ())
    again = publish(listed)
    assert (again.manifest.digest, again.changed) == (first.manifest.digest, False)
    assert set(host.requests.values()) == {1}
    assert len(catalog.digests("lawns")) == 1


def test_another_data_set_of_the_same_list_downloads_nothing(publish: Publish, listed: Path, host: ImageHost) -> None:
    publish(listed)
    publish(listed, name="meadows")
    assert set(host.requests.values()) == {1}


def test_a_refresh_asks_again_and_takes_what_has_changed(
    publish: Publish, listed: Path, host: ImageHost, picture: Paint
) -> None:
    host.put("/grass/1.png", Answer(content=picture(1), headers={"ETag": '"1"'}))
    first = publish(listed)
    again = publish(listed, refresh=True)
    assert not again.changed
    host.put("/grass/1.png", Answer(content=picture(100), headers={"ETag": '"2"'}))
    assert not publish(listed).changed
    assert publish(listed, refresh=True).manifest.digest != first.manifest.digest


def test_inside_addresses_are_refused_unless_allowed(publish: Publish, listed: Path, host: ImageHost) -> None:
    with pytest.raises(IngestError, match=r"12 of 12 .*not a public address\. Nothing was published") as caught:
        publish(listed, changed={"ingest_allowed_networks": ""})
    assert not host.asked
    assert b"MEADOW_INGEST_ALLOWED_NETWORKS" in caught.value.report


def test_a_host_that_asks_for_a_pause_does_not_hold_up_another(
    publish: Publish, host: ImageHost, picture: Paint, tmp_path: Path
) -> None:
    rows = ["url,label"]
    for number in range(40):
        pages = [Answer(429, headers={"Retry-After": "2"})] if number == 0 else []
        url = host.put(f"/{number}.png", *pages, picture(number))
        # 127.1 is the same machine under another name; the list is sorted by host.
        rows.append(f"{url if number < 30 else url.replace('127.0.0.1', '127.1')},{('dandelion', 'grass')[number % 2]}")
    (tmp_path / "plants.csv").write_text("\n".join(rows))
    assert len(publish(tmp_path / "plants.csv").manifest.entries) == 40
    order = [asked.path for asked in host.asked]
    paused_until = len(order) - 1 - order[::-1].index("/0.png")
    assert all(order.index(f"/{number}.png") < paused_until for number in range(30, 40))


def test_each_kind_of_trouble_has_its_reason(publish: Publish, listed: Path, host: ImageHost, picture: Paint) -> None:
    empty = BytesIO()
    Image.new("RGB", (90, 60), "green").save(empty, "PNG")
    add_rows(
        listed,
        f"{host.url}/none.png,grass",
        host.put("/broken.png", picture(50)[:500]) + ",grass",
        host.put("/page.png", b"<html>not found</html>") + ",grass",
        host.put("/empty.png", empty.getvalue()) + ",grass",
        host.put("/large.png", b"x" * 200_001) + ",grass",
        host.put("/inside.png", Answer(302, headers={"Location": "http://10.0.0.1/a"})) + ",grass",
        host.put("/flaky.png", Answer(503), Answer(429), picture(51)) + ",grass",
        host.put("/copy.png", picture(1)) + ",grass",
        host.put("/smaller.jpg", picture(52, "JPEG")) + ",grass",
        host.put("/larger.jpg", picture(52, "JPEG", scale=3)) + ",grass",
        host.put("/other.png", picture(0, "JPEG")) + ",grass",
        f"{host.url}/grass/1.png,grass",
        f"{host.url}/grass/1.png,",
    )
    published = publish(listed, changed={"max_image_bytes": 200_000})
    assert {Path(rejection.name).name: rejection.reason for rejection in published.rejected if rejection.label} == {
        "none.png": Reason.UNREACHABLE,
        "broken.png": Reason.UNDECODABLE,
        "page.png": Reason.WRONG_TYPE,
        "empty.png": Reason.NEAR_EMPTY,
        "large.png": Reason.TOO_LARGE,
        "inside.png": Reason.REFUSED_ADDRESS,
        "copy.png": Reason.DUPLICATE,
        "smaller.jpg": Reason.NEAR_DUPLICATE,
        "0.png": Reason.CONFLICTING_LABELS,
        "other.png": Reason.CONFLICTING_LABELS,
        "1.png": Reason.DUPLICATE,
    }
    assert reasons_of(published)[Reason.LABEL_MISSING] == 1
    sources = {Path(entry.source).name for entry in published.manifest.entries}
    assert {"flaky.png", "larger.jpg"} < sources
    assert not {"0.png", "other.png"} & sources
    assert published.summary.rejections == reasons_of(published)
    [source] = published.summary.sources
    assert (source.named, source.rejected) == (25, 12)


def test_too_many_failures_publish_nothing(publish: Publish, listed: Path, host: ImageHost) -> None:
    add_rows(listed, *(f"{host.url}/none/{number}.png,grass" for number in range(13)))
    with pytest.raises(IngestError, match=r"13 of 25 images of list plants\.csv could not be read, more than the 50%"):
        publish(listed)
    assert len(publish(listed, rules=IngestRules(max_failed=0.6)).manifest.entries) == 12


def test_a_class_that_fails_altogether_publishes_nothing(publish: Publish, listed: Path, host: ImageHost) -> None:
    add_rows(listed, f"{host.url}/none.png,moss")
    with pytest.raises(IngestError, match="No usable image is left in class moss"):
        publish(listed)


def test_one_class_is_no_data_set(publish: Publish, tmp_path: Path, host: ImageHost, picture: Paint) -> None:
    path = tmp_path / "one.csv"
    path.write_text(f"url,label\n{host.put('/a', picture(0))},grass")
    with pytest.raises(IngestError, match=r"too few classes \(grass\)"):
        publish(path)


def test_images_are_added_to_a_version(
    publish: Publish, listed: Path, lawns: Path, host: ImageHost, catalog: DatasetCatalog
) -> None:
    first = publish(listed)
    shutil.rmtree(lawns / "dandelion")
    added = publish(lawns, add=True)
    assert len(added.manifest.entries) == 14
    assert {entry.sha256 for entry in first.manifest.entries} < {entry.sha256 for entry in added.manifest.entries}
    assert added.summary.added_to == first.manifest.digest
    assert not publish(lawns, add=True).changed
    assert not publish(lawns, add=True).rejected
    assert [summary.images for summary in catalog.summaries("lawns")] == [14, 12]
    assert set(host.requests.values()) == {1}


def test_adding_to_a_version_without_looks_finds_its_copies(
    publish: Publish, lawns: Path, listed: Path, store: ObjectStore, bucket: str
) -> None:
    manifest = publish(lawns).manifest
    bare = manifest.model_copy(
        update={"entries": tuple(entry.model_copy(update={"look": ""}) for entry in manifest.entries)}
    )
    store.put(bucket, f"datasets/lawns/versions/{manifest.digest}.json", bare.model_dump_json().encode())
    (lawns / "grass" / "copy.png").write_bytes(store.get(bucket, image_key(manifest.entries[-1].sha256)) + b"more")
    added = publish(lawns, listed, add=True)
    assert reasons_of(added) == {Reason.NEAR_DUPLICATE: 1}
    assert len(added.manifest.entries) == 5 + 12
    assert all(entry.look for entry in added.manifest.entries)


def test_adding_to_nothing_says_so(publish: Publish, lawns: Path) -> None:
    with pytest.raises(DatasetError, match="no data set 'lawns'"):
        publish(lawns, add=True)


def test_corrected_labels_win_and_stay(
    publish: Publish, lawns: Path, store: ObjectStore, bucket: str, picture: Paint
) -> None:
    wrong = (lawns / "grass" / "0.png").read_bytes()
    corrections = Corrections(store, bucket)
    corrections.add(wrong, "grass")
    corrections.add(wrong, "dandelion", name="photo.png", predicted="grass", job_id="job_1")
    corrections.add(picture(7), "grass", job_id="job_2")
    corrections.add(picture(8), "cat")
    publish(lawns)
    added = publish(add=True, corrections=True)
    entries = {entry.source: entry for entry in added.manifest.entries}
    assert (entries["correction of photo.png"].label, entries["correction of photo.png"].corrected) == (
        "dandelion",
        True,
    )
    assert entries["correction of job_2"].label == "grass"
    assert reasons_of(added) == {Reason.UNKNOWN_CLASS: 1, Reason.CORRECTED: 1}
    assert added.summary.classes["dandelion"].corrected == 1
    # The folder still has the wrong label; what a person said stays.
    again = publish(lawns, add=True)
    assert not again.changed
    assert reasons_of(again) == {Reason.CORRECTED: 1}
    assert publish(lawns, corrections=True).manifest.digest == added.manifest.digest


def test_a_label_that_a_person_confirmed_is_not_overruled_later(
    publish: Publish, lawns: Path, store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    right = (lawns / "grass" / "0.png").read_bytes()
    before = publish(lawns)
    Corrections(store, bucket).add(right, "grass")
    confirmed = publish(add=True, corrections=True)
    assert confirmed.changed
    assert confirmed.manifest.digest != before.manifest.digest
    assert confirmed.summary.classes["grass"].corrected == 1
    assert not publish(add=True, corrections=True).changed
    # A source that says otherwise, without the corrections.
    (tmp_path / "wrong" / "dandelion").mkdir(parents=True)
    (tmp_path / "wrong" / "dandelion" / "0.png").write_bytes(right)
    later = publish(tmp_path / "wrong", add=True)
    assert (later.changed, reasons_of(later)) == (False, {Reason.CORRECTED: 1})


def test_a_version_whose_digest_does_not_tell_corrections_stays_readable_and_current(
    publish: Publish, lawns: Path, store: ObjectStore, bucket: str, catalog: DatasetCatalog
) -> None:
    Corrections(store, bucket).add((lawns / "grass" / "0.png").read_bytes(), "grass")
    told = publish(lawns, corrections=True).manifest
    old = told.model_copy(update={"tells_corrected": False})
    assert old.digest != told.digest
    body = old.model_dump_json(exclude={"tells_corrected"})
    store.put(bucket, manifest_key("lawns", old.digest), body.encode())
    store.put(bucket, latest_key("lawns"), json.dumps({"digest": old.digest}).encode())
    assert catalog.load("lawns") == old
    again = publish(lawns, corrections=True)
    assert (again.changed, again.manifest) == (False, old)
    assert again.summary.digest == old.digest


def test_a_lower_limit_of_pixels_leaves_alone_what_is_in_the_version(
    publish: Publish, lawns: Path, store: ObjectStore, bucket: str, picture: Paint
) -> None:
    large = picture(60, "JPEG", scale=4)
    (lawns / "grass" / "large.jpg").write_bytes(large)
    manifest = publish(lawns).manifest
    (lawns / "grass" / "small.png").write_bytes(picture(60))
    strict = DatasetCatalog(store, bucket, max_image_pixels=160 * 120)
    for looks in (True, False):
        if not looks:
            bare = tuple(entry.model_copy(update={"look": ""}) for entry in manifest.entries)
            body = manifest.model_copy(update={"entries": bare}).model_dump_json()
            store.put(bucket, manifest_key("lawns", manifest.digest), body.encode())
        sources = [FolderSource(lawns, max_bytes=10_000_000)]
        added = strict.publish("lawns", sources, add=True)
        assert not added.changed
        assert reasons_of(added) == {Reason.TOO_MANY_PIXELS: 1, Reason.NEAR_DUPLICATE: 1}


def test_sources_of_the_same_name_are_counted_apart(
    publish: Publish, lawns: Path, tmp_path: Path, draw: Callable[..., None]
) -> None:
    other = tmp_path / "other" / "lawns"
    draw(other / "moss", 3, seed=9)
    (other / "moss" / "broken.png").write_bytes(b"broken")
    sources = publish(lawns, other).summary.sources
    assert [(source.title, source.named, source.rejected) for source in sources] == [
        ("folder lawns", 5, 0),
        ("folder lawns (2)", 4, 1),
    ]


def test_a_class_may_be_corrected_away(
    publish: Publish, lawns: Path, store: ObjectStore, bucket: str, draw: Callable[..., None]
) -> None:
    draw(lawns / "moss", 1, seed=3)
    Corrections(store, bucket).add((lawns / "moss" / "0.png").read_bytes(), "grass")
    assert publish(lawns, corrections=True).manifest.classes == ("dandelion", "grass")


def test_an_s3_prefix_is_a_source(publish: Publish, lawns: Path, store: ObjectStore) -> None:
    store.ensure_bucket("elsewhere")
    for path in lawns.rglob("*.png"):
        store.put("elsewhere", f"a/lawns/{path.relative_to(lawns).as_posix()}", path.read_bytes())
    store.put("elsewhere", "a/lawns/loose.png", b"x")
    store.put("elsewhere", "a/lawns/grass/notes.txt", b"x")
    store.put("elsewhere", "a/lawns2/grass/other.png", b"x")
    published = publish("s3://elsewhere/a/lawns")
    assert published.manifest.digest == publish(lawns).manifest.digest
    assert not published.rejected
    assert published.summary.passed_over == {".txt": 1, PassedOver.LOOSE_IMAGE: 1}


RUN = """
import sys
from meadow.cli.main import main
sys.argv = ["meadow", "data", "publish", sys.argv[1], "--name", "lawns", *sys.argv[2:]]
main()
"""


def run_command(local: Settings, path: Path, *more: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "MEADOW_HOME": str(local.home),
        "MEADOW_S3_ENDPOINT_URL": local.s3_endpoint_url,
        "MEADOW_S3_ACCESS_KEY": local.s3_access_key,
        "MEADOW_S3_SECRET_KEY": local.s3_secret_key.get_secret_value(),
        "MEADOW_IMAGES_BUCKET": local.images_bucket,
        "MEADOW_INGEST_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MEADOW_INGEST_DOWNLOADS": "2",
        "COLUMNS": "300",
    }
    command = [sys.executable, "-c", RUN, str(path), *more]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_leaves_the_old_version_and_goes_on(
    publish: Publish,
    listed: Path,
    lawns: Path,
    host: ImageHost,
    picture: Paint,
    local: Settings,
    catalog: DatasetCatalog,
    sign: signal.Signals,
) -> None:
    old = publish(lawns).manifest
    add_rows(listed, *(f"{host.put(f'/more/{number}.png', picture(200 + number))},grass" for number in range(28)))
    host.delay = 0.1
    with run_command(local, listed) as running:
        while len(host.asked) < 20:
            assert running.poll() is None
            time.sleep(0.01)
        running.send_signal(sign)
        running.communicate(timeout=10)
    assert running.returncode != 0
    assert catalog.load("lawns") == old
    asked_first = len(host.asked)
    with run_command(local, listed) as running:
        shown, complaints = running.communicate(timeout=60)
    assert running.returncode == 0, complaints
    assert "40 images, 2 classes" in shown
    # Only what was under way when the run was killed is asked for again: two downloads at a time, and two that had just
    # come and were not noted yet.
    assert set(host.requests) == {f"/{label}/{n}.png" for n, label in enumerate(["dandelion", "grass"] * 6)} | {
        f"/more/{number}.png" for number in range(28)
    }
    assert 40 <= len(host.asked) <= 44, (asked_first, host.requests)
