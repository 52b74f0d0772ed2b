"""Measurements of a trained model: metrics, slices, invariance tests and synthetic out-of-distribution images."""
