"""Telling others that a job has ended: signed calls to a URL of theirs, as Standard Webhooks 1.0.0 has it."""
