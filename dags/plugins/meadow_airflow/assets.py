"""What the DAGs tell each other.

An asset event is a hint that something has changed. Several quick events may reach one run with the first one's
payload alone, so whoever is woken asks the gateway how things are.
"""

from airflow.sdk import Asset

DATASET_ASSET = Asset(name="meadow_dataset", uri="meadow://dataset")
"""The data set has a new version."""
DRIFT_ASSET = Asset(name="meadow_drift", uri="meadow://drift")
"""The model in production no longer fits what it is asked."""
