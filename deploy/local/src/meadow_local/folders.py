"""Folders that parts expect to find."""

from meadow_local.settings import LocalSettings


def make_buckets(settings: LocalSettings) -> None:
    """Make the buckets: for the embedded S3 server a bucket is a folder, so they are there before it is."""
    for bucket in settings.buckets:
        (settings.s3_folder / bucket).mkdir(parents=True, exist_ok=True)


def make_mlflow_folder(settings: LocalSettings) -> None:
    """Make the folder of MLflow's database."""
    settings.mlflow_folder.mkdir(exist_ok=True)
