"""Whether to train, on what, and what came of it."""
