"""The gateway's routes, a file for each resource."""
