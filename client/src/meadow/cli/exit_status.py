"""Exit statuses of the command."""

USAGE_STATUS = 2
"""Something is wrong that a person can do something about."""
