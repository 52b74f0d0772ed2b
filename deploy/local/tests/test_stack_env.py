import pytest

from meadow_core.settings import Settings
from meadow_core.webhooks.signatures import WebhookSecrets
from meadow_local import stack_env
from meadow_local.errors import StackError
from meadow_local.home import Home
from meadow_local.settings import LocalSettings


def test_services_read_what_was_configured(home: Home) -> None:
    settings = stack_env.configure(home, {"MEADOW_API_PORT": "8123", "MEADOW_REDIS_PORT": "7001"})
    seen = Settings.load()
    assert seen.api_port == 8123
    assert seen.api_url == "http://127.0.0.1:8123"
    assert seen.redis_url == settings.redis_url
    assert f":{settings.redis_password.get_secret_value()}@127.0.0.1:7001/0" in seen.redis_url.get_secret_value()
    assert seen.s3_access_key == settings.s3_access_key != ""


def test_secrets_are_made_once_and_for_the_owner_alone(home: Home) -> None:
    first = stack_env.configure(home, {})
    again = stack_env.configure(home, {})
    assert first.s3_secret_key == again.s3_secret_key
    assert first.webhook_secret == again.webhook_secret
    assert WebhookSecrets.parse(first.webhook_secret.get_secret_value())
    assert first.s3_secret_key.get_secret_value() != first.redis_password.get_secret_value()
    assert home.env_file.stat().st_mode & 0o777 == 0o600


def test_what_the_environment_named_is_remembered_until_it_names_another(home: Home) -> None:
    stack_env.configure(home, {"MEADOW_API_PORT": "8123", "MEADOW_FLOWER_URL": "https://flower.example"})
    remembered = stack_env.configure(home, {})
    assert (remembered.api_port, remembered.flower_url) == (8123, "https://flower.example")
    moved = stack_env.configure(home, {"MEADOW_API_PORT": "8124"})
    assert moved.api_url == "http://127.0.0.1:8124"


def test_flower_is_opened_where_it_listens(home: Home) -> None:
    stack_env.configure(home, {"MEADOW_FLOWER_PORT": "6001"})
    assert stack_env.configure(home, {"MEADOW_FLOWER_PORT": "6002"}).flower_url == "http://127.0.0.1:6002"


@pytest.mark.parametrize("value", ["a'b", 'with "quotes"', "back\\slash", "${HOME} $x", "p@ss:w/rd #1", "ends in \\"])
def test_values_come_back_as_they_were(home: Home, value: str) -> None:
    stack_env.configure(home, {"MEADOW_REGISTERED_MODEL": value})
    assert stack_env.load(home).registered_model == value


def test_a_password_may_hold_what_addresses_reserve(home: Home) -> None:
    stack_env.configure(home, {"MEADOW_REDIS_PASSWORD": "p@ss:w/rd"})
    assert ":p%40ss%3Aw%2Frd@127.0.0.1" in stack_env.load(home).redis_url.get_secret_value()


def test_a_wrong_value_names_its_variable(home: Home) -> None:
    with pytest.raises(StackError, match="MEADOW_API_PORT"):
        stack_env.configure(home, {"MEADOW_API_PORT": "eighty"})
    assert not home.env_file.exists()


def test_an_address_of_another_store_is_refused(home: Home) -> None:
    with pytest.raises(StackError, match="MEADOW_REDIS_URL is set"):
        stack_env.configure(home, {"MEADOW_REDIS_URL": "redis://elsewhere:6379/0"})


def test_there_is_nothing_to_load_before_the_first_start(home: Home) -> None:
    with pytest.raises(StackError, match="meadow up"):
        stack_env.load(home)


def test_a_shell_does_not_change_a_running_stack(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    stack_env.configure(home, {"MEADOW_API_PORT": "8123"})
    monkeypatch.setenv("MEADOW_API_PORT", "9999")
    assert stack_env.load(home).api_port == 8123


def test_differences_name_what_waits_for_the_next_start(settings: LocalSettings) -> None:
    environ = {"MEADOW_API_PORT": str(settings.api_port), "MEADOW_UI_PORT": "9998", "MEADOW_HOME": "/elsewhere"}
    assert stack_env.differences(settings, environ) == ["MEADOW_UI_PORT"]
    assert stack_env.differences(settings, {"MEADOW_UI_PORT": "none"}) == ["MEADOW_UI_PORT"]
