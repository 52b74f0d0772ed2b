"""Other inference servers, each in an environment of its own, under the load that Meadow gets."""
