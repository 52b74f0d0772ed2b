from pydantic import SecretStr

from meadow_local import flower_server, mlflow_server
from meadow_local.settings import LocalSettings


def test_flower_is_on_loopback_and_its_command_line_holds_no_password(settings: LocalSettings) -> None:
    words = flower_server.arguments(settings)
    assert "--address=127.0.0.1" in words
    assert f"--port={settings.flower_port}" in words
    assert not any(settings.redis_password.get_secret_value() in word for word in words)


def test_flower_asks_for_a_login_only_when_it_has_a_password(settings: LocalSettings) -> None:
    assert not any("auth" in word for word in flower_server.arguments(settings))
    with_password = settings.model_copy(update={"flower_password": SecretStr("sesame")})
    assert "--basic-auth=meadow:sesame" in flower_server.arguments(with_password)


def test_mlflow_reaches_the_object_store_and_no_one_else(settings: LocalSettings) -> None:
    environment = mlflow_server.server_environment(settings)
    assert environment["MLFLOW_S3_ENDPOINT_URL"] == settings.s3_endpoint_url
    assert environment["AWS_SECRET_ACCESS_KEY"] == settings.s3_secret_key.get_secret_value()
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
