"""`python -m meadow_core.storage.make_buckets`: make the buckets that the services use, once an S3 server answers.

For deployments that bring an empty server along. It does no harm where the buckets are there.
"""

import sys
import time

from meadow_core.settings.stores import StorageSettings
from meadow_core.storage.s3 import ObjectStore, StoreError

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 1.0


def make_buckets(settings: StorageSettings, store: ObjectStore) -> list[str]:
    """Make the buckets; a server that does not answer yet is waited for.

    Raises:
        StoreError: It has not answered in time, or refuses.
    """
    buckets = [settings.images_bucket, settings.models_bucket, settings.jobs_bucket]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            for bucket in buckets:
                store.ensure_bucket(bucket)
                store.check_bucket(bucket)
        except StoreError:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return buckets


def main() -> None:
    """Make the buckets that the environment's settings name."""
    settings = StorageSettings.load()
    try:
        buckets = make_buckets(settings, ObjectStore(settings))
    except StoreError as error:
        sys.exit(f"The buckets cannot be made: {error}")
    sys.stdout.write(f"These buckets are there: {', '.join(buckets)}\n")


if __name__ == "__main__":
    main()
