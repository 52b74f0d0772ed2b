"""MLflow's server in one process: `python -m meadow_local.mlflow_server`.

The same application as `mlflow server --workers 1` starts. That command imports MLflow twice, once to read its
options and once in the child that serves, which makes the stack wait for seconds and holds the memory twice; and
the S3 secret would have to be in its environment from outside.
"""

import os
from collections.abc import Mapping

from meadow_local.home import Home
from meadow_local.settings import LOOPBACK, LocalSettings
from meadow_local.stack_env import load


def server_environment(settings: LocalSettings) -> Mapping[str, str]:
    """Variables that MLflow and its S3 client read."""
    return {
        "MLFLOW_S3_ENDPOINT_URL": settings.s3_endpoint_url,
        "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "path",
        "AWS_ACCESS_KEY_ID": settings.s3_access_key,
        "AWS_SECRET_ACCESS_KEY": settings.s3_secret_key.get_secret_value(),
        "AWS_DEFAULT_REGION": settings.s3_region,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def serve(settings: LocalSettings) -> None:
    """Bring the database up to date, then serve until stopped."""
    os.environ.update(server_environment(settings))
    # After the environment is set, which MLflow reads at import.
    import uvicorn  # noqa: PLC0415
    from mlflow.server import constants  # noqa: PLC0415
    from mlflow.server.handlers import initialize_backend_stores  # noqa: PLC0415

    database = f"sqlite:///{settings.mlflow_folder / 'mlflow.db'}"
    artefacts = "mlflow-artifacts:/"
    os.environ.update(
        {
            constants.BACKEND_STORE_URI_ENV_VAR: database,
            constants.REGISTRY_STORE_URI_ENV_VAR: database,
            constants.ARTIFACT_ROOT_ENV_VAR: artefacts,
            constants.ARTIFACTS_DESTINATION_ENV_VAR: f"s3://{settings.models_bucket}",
            constants.SERVE_ARTIFACTS_ENV_VAR: "true",
        }
    )
    initialize_backend_stores(database, database, artefacts)
    uvicorn.run("mlflow.server.fastapi_app:app", host=LOOPBACK, port=settings.mlflow_port, log_level="warning")


if __name__ == "__main__":
    serve(load(Home.from_environment()))
