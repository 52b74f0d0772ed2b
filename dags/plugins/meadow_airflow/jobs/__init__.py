"""Jobs of the gateway, as tasks of Airflow."""
