"""Plots and the evaluation page of a finished run."""
