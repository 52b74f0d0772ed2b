"""Data sets: images in S3, and immutable manifests that say which image has which label."""
