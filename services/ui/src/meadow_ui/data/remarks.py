"""What an ingestion has to tell beside its counts, in sentences."""

from collections.abc import Mapping, Sequence

from meadow.image_files.passed_over import describe_passed_over

MOST_REMARKS = 8


def remarks(passed_over: Mapping[str, int], notes: Sequence[str]) -> list[str]:
    """What the search for images passed over, then how folders, classes and duplicates were understood."""
    told = [one for one in (describe_passed_over(passed_over), *notes) if one]
    left = len(told) - MOST_REMARKS
    return [*told[:MOST_REMARKS], f"And {left:,} more; see the report."] if left > 0 else told
