"""The `meadow` command."""
