#!/bin/sh
# Run once, when PostgreSQL starts over an empty volume: MLflow and Airflow each have a database and a role of their own.
set -eu

make_database() {
    psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set name="$1" --set password="$2" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' TEMPLATE template0;
SQL
}

make_database mlflow "$MLFLOW_DB_PASSWORD"
make_database airflow "$AIRFLOW_DB_PASSWORD"
