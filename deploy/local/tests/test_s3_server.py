from meadow_local import s3_server
from meadow_local.settings import LocalSettings


def test_the_keys_are_in_the_environment_not_on_the_command_line(settings: LocalSettings) -> None:
    secret = settings.s3_secret_key.get_secret_value()
    assert not any(secret in word for word in s3_server.command(settings))
    assert s3_server.environment(settings) == {"RCLONE_AUTH_KEY": f'"{settings.s3_access_key},{secret}"'}


def test_it_listens_on_loopback_and_keeps_empty_buckets(settings: LocalSettings) -> None:
    command = s3_server.command(settings)
    assert f"127.0.0.1:{settings.s3_port}" in command
    assert "--no-cleanup" in command
