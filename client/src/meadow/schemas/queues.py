"""The queues that jobs wait in."""

INTERACTIVE_QUEUE = "interactive"
BATCH_QUEUE = "batch"
TRAINING_QUEUE = "training"
QUEUES = (INTERACTIVE_QUEUE, BATCH_QUEUE, TRAINING_QUEUE)
"""In the order in which they matter: a worker that serves several empties the first one first."""
