"""The page that shows how a version came about: counts, examples of each class, and what was left out and why."""

from meadow_core.datasets.ingest.report.page import render_report

__all__ = ("render_report",)
