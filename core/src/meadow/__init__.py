"""What Meadow's services share: contracts, stores, the model bundle, the client and the command line."""
