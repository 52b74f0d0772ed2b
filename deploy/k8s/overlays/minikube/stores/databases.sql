-- Run once, when the database is made. `mlflow` is made by the image itself; Airflow is an option.
CREATE DATABASE airflow;
