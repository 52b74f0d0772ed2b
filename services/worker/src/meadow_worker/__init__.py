"""Meadow's inference worker: Celery processes that classify images with the model in production."""
