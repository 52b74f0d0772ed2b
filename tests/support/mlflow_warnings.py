"""Warnings of MLflow's own that tests over its database do not fail for."""

import pytest

MLFLOW_WARNINGS = [
    # MLflow's own database store uses what SQLAlchemy is going to remove; with a server it does so over there.
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    # MLflow warns of its own type hints when its parts are first imported.
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
]
