"""`python -m meadow_bench.loadtest.scraper SECONDS URL ...`: ask for metrics as Prometheus does, until it is ended.

A process of its own: in the clients', it would take turns with them.
"""

import sys
import time
import urllib.request

TIMEOUT_SECONDS = 10.0


def scrape(url: str) -> int:
    """Read a page of metrics; return its bytes."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - addresses of our own stack
        return len(answer.read())


def main() -> None:
    """Scrape every address, wait, and do it again."""
    seconds, urls = float(sys.argv[1]), sys.argv[2:]
    while True:
        for url in urls:
            scrape(url)
        time.sleep(seconds)


if __name__ == "__main__":
    main()
