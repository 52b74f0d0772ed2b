"""What Meadow's DAGs are made of. They talk to the gateway through Meadow's client."""
