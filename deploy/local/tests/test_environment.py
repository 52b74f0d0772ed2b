from meadow_local.environment import child_environment


def test_parts_take_nothing_but_stack_env_from_the_shell() -> None:
    environ = {
        "PATH": "/bin", "MEADOW_API_PORT": "1", "AWS_PROFILE": "work", "MLFLOW_TRACKING_URI": "x",
        "AIRFLOW_HOME": "y", "AIRFLOW_VAR_MEADOW_MIN_NEW_IMAGES": "7",
    }  # fmt: skip
    kept = child_environment(environ)
    assert kept["PATH"] == "/bin"
    assert kept["AIRFLOW_VAR_MEADOW_MIN_NEW_IMAGES"] == "7"
    assert not any(name.startswith(("MEADOW_", "AWS_", "MLFLOW_", "AIRFLOW_HOME")) for name in kept)


def test_parts_reach_each_other_without_a_proxy() -> None:
    kept = child_environment({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "intranet"})
    assert kept["HTTP_PROXY"] == "http://proxy:3128"
    assert set(kept["no_proxy"].split(",")) == {"127.0.0.1", "localhost", "intranet"}
