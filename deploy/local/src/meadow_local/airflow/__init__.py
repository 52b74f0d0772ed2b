"""Airflow as a part of the stack: its processes, from the environment of the checkout's `dags/`."""
