"""Meadow's client, as Airflow's tasks use it."""
