"""Data page: data sets, ingestions and training runs."""
