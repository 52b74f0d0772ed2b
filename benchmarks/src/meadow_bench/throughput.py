"""Images a second: Meadow against the limit and against its peers, on thumbnails and on photographs."""

from collections.abc import Sequence
from contextlib import ExitStack

from meadow.cli.shrink import OFF
from meadow_bench.comparison import Contestant, Images, Results, compete
from meadow_bench.contestants import (
    BARE,
    CLIENTS,
    FOLDER,
    UNSHRUNK,
    BareLoop,
    MeadowClients,
    MeadowFolder,
    PeerClients,
    folder_as_it_is,
)
from meadow_bench.peers.catalog import LITSERVE_TORCH, PEERS
from meadow_bench.peers.environment import ensure_environment
from meadow_bench.peers.running import peer_server
from meadow_bench.report import Report
from meadow_bench.rows import Bar, Row, ratio_row
from meadow_bench.workbench import Workbench

PEERS_NAME = "peers"
CONTESTS = (FOLDER, CLIENTS, PEERS_NAME)

UNSHRUNK_TITLE = f"Folder, --shrink {OFF}"

FOLDER_BAR = Bar(must=0.85, aim=0.95)
CLIENTS_BAR = Bar(must=0.65, aim=0.85)
SAME_ENGINE_BAR = Bar(must=1.0, aim=1.1)
TORCH_THUMBNAILS_BAR = Bar(must=2.0, aim=3.5)
TORCH_PHOTOS_BAR = Bar(must=3.5, aim=6.0)


def measure_throughput(bench: Workbench, names: Sequence[str]) -> Report:
    """Hold the contests of these names as one, so that they share the bare loop and the machine's moods."""
    peers = PEERS if PEERS_NAME in names else ()
    with ExitStack() as running:
        others: list[Contestant] = []
        if FOLDER in names or peers:
            others.append(MeadowFolder(bench.stack, bench.standard))
        if CLIENTS in names or peers:
            others.append(MeadowClients(bench.stack, bench.standard, bench.effort.clients))
        for peer in peers:
            bench.tell(f"starting {peer.title} ...")
            ensure_environment(peer)
            server = running.enter_context(peer_server(peer, bench.loaded, bench.thumbnails.files[0], bench.data))
            server.sleeper.suspend()
            others.append(PeerClients(server, bench.effort.clients))
        report = Report()
        whole = [folder_as_it_is(bench.stack, bench.standard)] if FOLDER in names or peers else []
        for images, torch_bar, more in (
            (bench.thumbnails, TORCH_THUMBNAILS_BAR, []),
            (bench.photos, TORCH_PHOTOS_BAR, whole),
        ):
            results = compete(BareLoop(bench.loaded), [*others, *more], images, bench.effort.rounds, bench.tell)
            if FOLDER in names:
                report.rows.append(_row("Folder", FOLDER, BARE, "bare loop", images, results, FOLDER_BAR))
            if more and FOLDER in names:
                report.rows.append(_row(UNSHRUNK_TITLE, UNSHRUNK, BARE, "bare loop", images, results, None))
            if CLIENTS in names:
                what = f"{bench.effort.clients} clients, submit and wait"
                report.rows.append(_row(what, CLIENTS, BARE, "bare loop", images, results, CLIENTS_BAR))
            for peer in peers:
                bar = torch_bar if peer is LITSERVE_TORCH else SAME_ENGINE_BAR
                who = f"{peer.title}, {bench.effort.clients} clients"
                report.rows.append(_row("Folder", FOLDER, peer.name, who, images, results, bar))
                if more:
                    report.rows.append(_row(UNSHRUNK_TITLE, UNSHRUNK, peer.name, who, images, results, None))
                what = f"{bench.effort.clients} clients, submit and wait"
                report.rows.append(_row(what, CLIENTS, peer.name, who, images, results, None))
    return report


def _row(
    what: str, name: str, against: str, against_title: str, images: Images, results: Results, bar: Bar | None
) -> Row:
    return ratio_row(
        f"{what}: {images.title}",
        f"{results.rate(name):.1f} images/s",
        f"{results.rate(against):.1f} images/s, {against_title}",
        results.ratios(name, against),
        bar,
    )
