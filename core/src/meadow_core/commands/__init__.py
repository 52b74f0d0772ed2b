"""Commands of `meadow` that work on the stores themselves, for whoever runs the services."""
