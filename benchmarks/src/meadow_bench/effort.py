"""How much is measured: all of it, or enough to see that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Counts of a run."""

    rounds: int
    """Every contestant runs once a round; the ratios are medians over the rounds."""
    thumbnails: int
    """Images of the folder of thumbnails."""
    photos: int
    """Images of the folder of photographs."""
    thumbnail_requests: int
    """Requests of the concurrent clients, on thumbnails."""
    photo_requests: int
    single_requests: int
    """Requests of one client alone, a round."""
    overtaking_seconds: float
    """How long one client asks while a folder of thumbnails runs."""
    submissions: int
    """Requests without waiting for an answer."""
    swaps: int
    """How often the model changes under load; an even number, so that the standard model serves again."""
    batch_sizes: tuple[int, ...]
    """Images of the batches whose time and memory are compared."""
    clients: int = 32


FULL = Effort(
    rounds=3,
    thumbnails=3_000,
    photos=300,
    thumbnail_requests=1_500,
    photo_requests=300,
    single_requests=200,
    overtaking_seconds=6.0,
    submissions=3_000,
    swaps=6,
    batch_sizes=(1_000, 10_000, 100_000),
)

QUICK = Effort(
    rounds=1,
    thumbnails=600,
    photos=48,
    thumbnail_requests=300,
    photo_requests=40,
    single_requests=60,
    overtaking_seconds=1.5,
    submissions=500,
    swaps=2,
    batch_sizes=(500, 2_000),
)
