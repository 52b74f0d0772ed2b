"""Image files: which ones are read, and how they are found in folders. Needs the standard library only."""
