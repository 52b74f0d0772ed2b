"""Meadow's gateway: it accepts jobs, tells how far they are, and hands out their results. It never sees a tensor."""
