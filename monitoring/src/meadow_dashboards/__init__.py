"""Grafana dashboards, made from a few lines each."""
