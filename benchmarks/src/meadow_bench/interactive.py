"""One client that submits an image and waits: what Meadow adds to decoding and inference."""

from statistics import median, quantiles

from meadow_bench import child
from meadow_bench.baseline import classify_singly
from meadow_bench.load.generator import load
from meadow_bench.load.meadow import submit_and_wait
from meadow_bench.report import Report
from meadow_bench.rows import Bar, Row, Unit
from meadow_bench.workbench import Workbench

OVERHEAD_BAR = Bar(must=10.0, aim=5.0, at_most=True)
WARM_UP = 20
ROUNDS = 3


def measure_one_client(bench: Workbench) -> Report:
    """Measure bare and through the gateway in turns; the overhead is the difference of their medians."""
    images = bench.thumbnails.files[: bench.effort.single_requests]
    overheads, slow, answered, bare = [], [], [], []
    for _ in range(ROUNDS):
        alone = child.run(classify_singly, bench.loaded, images)
        with bench.stack.awake(bench.standard):
            target = submit_and_wait(bench.stack.settings.api_port)
            run = child.run(load, target, images, clients=1, warm_up=WARM_UP)
        run.require_clean("Meadow", len(images))
        bare.append(median(alone))
        answered.append(median(run.milliseconds))
        overheads.append(answered[-1] - bare[-1])
        slow.append(quantiles(run.milliseconds, n=20)[-1])
    against = f"{median(bare):.1f} ms, decoding and inference alone"
    half = f"{median(answered):.1f} ms in the middle"
    return Report(
        rows=[
            Row(
                "One client, submit to result, beyond decoding and inference (p50)",
                half,
                against,
                median(overheads),
                Unit.MILLISECONDS,
                OVERHEAD_BAR,
                (min(overheads), max(overheads)),
            ),
            Row(
                "One client, submit to result (p95)",
                f"{median(slow):.1f} ms",
                against,
                median(slow) - median(bare),
                Unit.MILLISECONDS,
            ),
        ]
    )
