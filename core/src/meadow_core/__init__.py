"""What the services share on the server: stores, jobs, the registry, the model bundle and data sets."""
