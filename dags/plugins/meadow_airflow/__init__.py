"""What Meadow's DAGs are made of. They talk to the gateway and to S3, and import nothing of Meadow's."""
