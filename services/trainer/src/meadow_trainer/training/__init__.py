"""The training loop and its parts: network, recipe, schedule, callbacks, early stopping and checkpoints."""
