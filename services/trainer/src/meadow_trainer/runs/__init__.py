"""Whole training runs: from a data set version to a bundle, tracked in MLflow, on the queue or in a terminal."""
