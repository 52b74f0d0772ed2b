"""Peers run what Meadow runs: a comparison of engines is none if their versions differ."""

import re
from pathlib import Path

import pytest

from meadow_bench.commands import commands_of_run
from meadow_bench.engine import INFERENCE_BATCH
from meadow_bench.peers.catalog import PEERS, Peer
from meadow_bench.peers.environment import locked_versions, requirements
from meadow_bench.places import REPOSITORY
from meadow_worker import packs

SHARED = ("numpy", "openvino", "pillow", "safetensors", "torch", "torchvision")


@pytest.fixture(params=PEERS, ids=lambda peer: peer.name)
def peer(request: pytest.FixtureRequest) -> Peer:
    asked: Peer = request.param
    return asked


def test_a_peer_has_the_versions_that_meadow_has(peer: Peer) -> None:
    ours, theirs = locked_versions(REPOSITORY / "requirements/dev.txt"), locked_versions(requirements(peer))
    shared = [name for name in SHARED if name in theirs]
    assert {"numpy", "pillow"} <= set(shared)
    for name in shared:
        assert theirs[name] == ours[name], name
    assert "openvino" in theirs or not peer.same_engine


def test_a_lock_has_hashes_and_no_addresses(peer: Peer) -> None:
    text = requirements(peer).read_text()
    pinned = re.findall(r"^\S+==", text, re.MULTILINE)
    assert len(pinned) > 5
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text


def test_a_peer_is_asked_where_it_listens(peer: Peer) -> None:
    assert peer.target(8123).port == 8123
    assert "8123" in peer.arguments(8123) or peer.port_variables


def test_the_bare_loop_runs_the_network_on_as_many_images_as_the_worker() -> None:
    assert INFERENCE_BATCH == packs.INFERENCE_BATCH


def test_the_commands_can_be_typed_in_the_repository() -> None:
    lines = commands_of_run(["--quick"], peers=True)
    assert "-m meadow_bench --quick" in lines[0]
    assert not any(str(Path.home()) in line or str(REPOSITORY) in line for line in lines[1:])
    for peer in PEERS:
        assert any(f".envs/{peer.name}/bin/python" in line for line in lines)
