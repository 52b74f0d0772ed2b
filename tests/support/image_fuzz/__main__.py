"""The long form: as many cases as asked for; writes the files that went wrong."""

import argparse
import hashlib
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from image_fuzz.checker import Checker
from image_fuzz.mutations import Case, cases


def main() -> int:
    """Run; returns 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="folder for what went wrong")
    options = parser.parse_args()
    found: Counter[str] = Counter()
    tried = 0
    with Checker() as checker:

        @seed(options.seed)
        @settings(
            max_examples=options.cases,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(cases())
        def run(case: Case) -> None:
            nonlocal tried
            tried += 1
            body = case.body
            if wrong := checker.check(body):
                found[wrong.strip().splitlines()[-1]] += 1
                options.findings.mkdir(parents=True, exist_ok=True)
                name = options.findings / hashlib.sha256(body).hexdigest()[:16]
                name.write_bytes(body)
                name.with_suffix(".txt").write_text(f"{case}\n{wrong}\n")

        run()
        print(f"{tried:,} cases")  # noqa: T201 - a command
        for what, count in sorted(checker.counts.items()):
            print(f"{count:9,} {what}")  # noqa: T201
    for what, count in found.most_common():
        print(f"WRONG {count:,} times: {what}")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
