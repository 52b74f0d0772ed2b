"""Classifying many files as one batch: planned, packed, uploaded, followed, and taken up again after a break.

    plan = make_plan(find_files(["photos"]).files, client.limits())
    run = FolderRun.begin(client, plan, "photos")
    run.finish()
    for result in run.results(): ...

Only the plan (names and sizes) is in memory as a whole, however many files there are.
"""

from meadow.client.folder.errors import BatchFailedError, FolderChangedError, FolderError
from meadow.client.folder.files import FoundFiles, NamedFile, find_files
from meadow.client.folder.plan import Plan, make_plan
from meadow.client.folder.progress import FolderProgress
from meadow.client.folder.run import FolderRun
from meadow.client.folder.shrink import Shrinking

__all__ = [
    "BatchFailedError",
    "FolderChangedError",
    "FolderError",
    "FolderProgress",
    "FolderRun",
    "FoundFiles",
    "NamedFile",
    "Plan",
    "Shrinking",
    "find_files",
    "make_plan",
]
