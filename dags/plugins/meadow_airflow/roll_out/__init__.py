"""Whether a new version has reached every worker, and the way back if not."""
