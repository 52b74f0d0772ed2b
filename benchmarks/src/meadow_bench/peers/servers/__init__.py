"""The peers' own code, written from their documentation; each runs in its peer's environment only."""
