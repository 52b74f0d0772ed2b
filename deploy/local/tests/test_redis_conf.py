from meadow_local.redis_conf import write_redis_conf
from meadow_local.settings import LocalSettings


def test_the_password_is_in_a_file_of_the_owner_alone(settings: LocalSettings) -> None:
    write_redis_conf(settings)
    conf = settings.home / "run" / "redis.conf"
    lines = conf.read_text().splitlines()
    assert f"requirepass {settings.redis_password.get_secret_value()}" in lines
    assert conf.stat().st_mode & 0o777 == 0o600


def test_redis_keeps_what_it_took(settings: LocalSettings) -> None:
    write_redis_conf(settings)
    lines = (settings.home / "run" / "redis.conf").read_text().splitlines()
    assert {"appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction", "bind 127.0.0.1"} <= set(lines)
    assert settings.redis_folder.is_dir()
