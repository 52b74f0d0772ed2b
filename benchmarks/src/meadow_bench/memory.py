"""Sampling how much memory parts of the stack hold while something goes on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis

from meadow_bench.stack import MeasuredStack
from meadow_local.processes import tree_memory

SAMPLE_SECONDS = 0.5
MEBIBYTE = 1024**2

GATEWAY, WORKER, REDIS = "gateway", "worker", "Redis"


@dataclass
class MemorySamples:
    """Bytes of each part, sample by sample."""

    samples: dict[str, list[int]] = field(default_factory=lambda: {GATEWAY: [], WORKER: [], REDIS: []})

    def peak(self, part: str) -> float:
        """The most that a part held, in MiB."""
        return max(self.samples[part]) / MEBIBYTE


@contextmanager
def sampled(stack: MeasuredStack) -> Iterator[MemorySamples]:
    """Sample for the time of the block."""
    pids = stack.pids()
    found = MemorySamples()
    stop = threading.Event()

    def sample(client: "redis.Redis") -> None:
        while True:
            found.samples[GATEWAY].append(tree_memory(pids["api"]))
            found.samples[WORKER].append(tree_memory(pids["worker"]))
            # What the keys need; the resident size also has what the allocator keeps for later.
            found.samples[REDIS].append(int(client.info("memory")["used_memory"]))
            if stop.wait(SAMPLE_SECONDS):
                return

    with redis.Redis.from_url(stack.settings.redis_url.get_secret_value()) as client:
        thread = threading.Thread(target=sample, args=(client,), name="memory samples")
        thread.start()
        try:
            yield found
        finally:
            stop.set()
            thread.join()
