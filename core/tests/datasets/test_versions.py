import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.errors import DatasetError, OvertakenError
from meadow_core.storage.layout import report_key, summary_key
from meadow_core.storage.s3 import ObjectStore


def test_a_version_is_found_by_the_beginning_of_its_digest(
    catalog: DatasetCatalog, lawns: Path, draw: Callable[..., None]
) -> None:
    first = catalog.publish_folder("lawns", lawns).manifest.digest
    draw(lawns / "moss", 1, seed=3)
    second = catalog.publish_folder("lawns", lawns).manifest.digest
    assert catalog.resolve("lawns", first[:10]) == first
    assert catalog.resolve("lawns") == second
    with pytest.raises(DatasetError, match="no version zz: see meadow data list lawns"):
        catalog.resolve("lawns", "zz")
    with pytest.raises(DatasetError, match="no data set 'meadows'"):
        catalog.resolve("meadows")


def test_going_back_to_an_earlier_content_leaves_that_version_as_it_was(
    catalog: DatasetCatalog, lawns: Path, draw: Callable[..., None]
) -> None:
    first = catalog.publish_folder("lawns", lawns)
    draw(lawns / "grass", 4, seed=3)
    catalog.publish_folder("lawns", lawns)
    for path in sorted((lawns / "grass").iterdir()):
        path.unlink()
    draw(lawns / "grass", 2, seed=2)
    again = catalog.publish_folder("lawns", lawns)
    assert again.changed
    assert again.manifest == first.manifest == catalog.load("lawns")


def test_a_version_that_is_current_again_is_listed_first(
    catalog: DatasetCatalog, lawns: Path, draw: Callable[..., None]
) -> None:
    first = catalog.publish_folder("lawns", lawns).manifest.digest
    draw(lawns / "moss", 1, seed=3)
    second = catalog.publish_folder("lawns", lawns).manifest.digest
    draw(lawns / "moss", 2, seed=3)
    third = catalog.publish_folder("lawns", lawns).manifest.digest
    assert [summary.digest for summary in catalog.summaries("lawns")] == [third, second, first]
    shutil.rmtree(lawns / "moss")
    catalog.publish_folder("lawns", lawns)
    assert [summary.digest for summary in catalog.summaries("lawns")] == [first, third, second]


def test_the_pointer_stays_where_another_version_came_before(
    catalog: DatasetCatalog, lawns: Path, draw: Callable[..., None]
) -> None:
    first = catalog.publish_folder("lawns", lawns)
    draw(lawns / "moss", 1, seed=3)
    second = catalog.publish_folder("lawns", lawns)
    draw(lawns / "moss", 2, seed=3)
    late = catalog.publish_folder("other", lawns)
    manifest = late.manifest.model_copy(update={"name": "lawns"})
    summary = late.summary.model_copy(update={"name": "lawns", "added_to": first.manifest.digest})
    with pytest.raises(OvertakenError, match=second.manifest.digest):
        catalog.write(manifest, summary, (), b"", added=True)
    assert catalog.newest("lawns") == second.manifest.digest
    summary = summary.model_copy(update={"added_to": second.manifest.digest})
    assert catalog.write(manifest, summary, (), b"", added=True).digest == catalog.newest("lawns")


def test_figures_are_stored_and_counted_anew_where_they_are_not(
    catalog: DatasetCatalog, lawns: Path, store: ObjectStore, bucket: str
) -> None:
    published = catalog.publish_folder("lawns", lawns)
    digest = published.manifest.digest
    assert catalog.summary("lawns", digest) == published.summary
    assert catalog.report("lawns", digest) == published.report
    store.delete(bucket, summary_key("lawns", digest))
    store.delete(bucket, report_key("lawns", digest))
    counted = catalog.summary("lawns", digest)
    assert (counted.classes, counted.images) == (published.summary.classes, 5)
    with pytest.raises(DatasetError, match="no report"):
        catalog.report("lawns", digest)


def test_what_was_left_out_can_be_read_again(catalog: DatasetCatalog, lawns: Path) -> None:
    (lawns / "grass" / "broken.png").write_bytes(b"broken")
    published = catalog.publish_folder("lawns", lawns)
    assert tuple(catalog.rejections("lawns", published.manifest.digest)) == published.rejected != ()
