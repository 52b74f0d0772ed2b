"""The message queue: Celery's settings, and messages written by hand where atomicity needs it."""
