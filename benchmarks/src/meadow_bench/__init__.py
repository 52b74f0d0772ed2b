"""Meadow's benchmarks: one command, one table, from one run."""
