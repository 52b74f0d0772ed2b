"""Data sets, how images get into them, and training on them, drawn."""
