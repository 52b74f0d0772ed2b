"""Meadow's trainer: turns a data set version into a verified, registered model bundle."""
