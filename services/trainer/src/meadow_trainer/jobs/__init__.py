"""Jobs of the training queue: Celery tasks, leases, checkpoints and metrics."""
