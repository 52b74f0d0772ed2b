"""Where the benchmarks keep what they make; none of it is in the repository but the results."""

from pathlib import Path

BENCHMARKS = Path(__file__).parents[2]
REPOSITORY = BENCHMARKS.parent
PEERS = BENCHMARKS / "peers"
"""A folder for each peer's locked requirements."""
ENVIRONMENTS = BENCHMARKS / ".envs"
"""An environment for each peer."""
DATA = BENCHMARKS / ".data"
"""Pictures, logs and the state of the stack that is measured."""
RESULTS = BENCHMARKS / "RESULTS.md"

PYTHON_PATHS = tuple(
    REPOSITORY / place for place in ("benchmarks/src", "client/src", "core/src", "services/worker/src")
)
"""What a peer with Meadow's engine imports from here."""
