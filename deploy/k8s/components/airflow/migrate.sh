#!/bin/sh
# Brings Airflow's tables up to date, and makes its first user, who may then make others.
set -eu
airflow db migrate
if ! airflow users list --output plain | awk '{ print $2 }' | grep -qxF meadow; then
  airflow users create --role Admin --username meadow --password "$ADMIN_PASSWORD" \
    --firstname Meadow --lastname Admin --email meadow@localhost
fi
