"""The model registry: which version is in production, and how its bundle gets to a worker."""
