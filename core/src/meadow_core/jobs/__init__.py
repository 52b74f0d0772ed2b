"""The job: its states, its record in Redis, and who may change it."""
