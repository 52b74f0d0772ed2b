import pytest

from fake_gateway.batches import make_limits
from meadow.client.folder import FolderError, NamedFile, Plan, make_plan
from meadow.packs import PACK_BYTES, PACK_IMAGES


def plan_of(*sizes: int, **limits: int) -> Plan:
    files = [NamedFile(f"{place:04}.jpg", size) for place, size in enumerate(sizes)]
    return make_plan(files, make_limits().model_copy(update=limits))


def test_packs_are_small_in_images_and_in_bytes() -> None:
    assert [len(pack) for pack in plan_of(*[10] * (PACK_IMAGES * 2 + 3)).packs] == [PACK_IMAGES, PACK_IMAGES, 3]
    third = PACK_BYTES // 3
    assert [len(pack) for pack in plan_of(*[third] * 7, PACK_BYTES * 2, 1).packs] == [3, 3, 1, 1, 1]


def test_the_gateways_limits_come_first() -> None:
    assert [len(pack) for pack in plan_of(1, 1, 1, max_pack_items=2).packs] == [2, 1]
    assert [len(pack) for pack in plan_of(60, 60, 1, max_pack_bytes=100).packs] == [1, 2]
    assert [len(pack) for pack in plan_of(60, 101, 60, max_pack_bytes=120, max_image_bytes=100).packs] == [2]


def test_every_file_is_in_one_pack_or_rejected_with_its_reason() -> None:
    plan = plan_of(5, 101, 5, max_image_bytes=100)
    assert [file.name for file in plan.files_of(0)] == ["0000.jpg", "0002.jpg"]
    assert [(result.item, result.error and result.error.code) for result in plan.rejected] == [
        ("0001.jpg", "too-large")
    ]
    assert plan.total == 3
    assert plan.images_in([0]) == 2


def test_the_fingerprint_is_of_names_sizes_and_packs() -> None:
    first = plan_of(1, 2).fingerprint
    assert first == plan_of(1, 2).fingerprint
    assert (
        len({first, plan_of(1, 3).fingerprint, plan_of(1).fingerprint, plan_of(1, 2, max_pack_items=1).fingerprint})
        == 4
    )


def test_more_packs_than_a_batch_takes_are_told() -> None:
    with pytest.raises(FolderError, match="3 files are more than one batch takes"):
        plan_of(1, 1, 1, max_pack_items=1, max_packs=2)


def test_nothing_is_a_plan_too() -> None:
    assert plan_of().packs == []
