"""Deletion of what nothing refers to any more in the object store."""
