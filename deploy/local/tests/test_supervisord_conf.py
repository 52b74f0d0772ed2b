from collections.abc import Callable
from configparser import RawConfigParser

from meadow_local.airflow.parts import AIRFLOW_PARTS
from meadow_local.home import Home
from meadow_local.parts import PARTS, Part
from meadow_local.settings import LocalSettings
from meadow_local.supervisord_conf import render_supervisord_conf


def parsed(text: str) -> RawConfigParser:
    parser = RawConfigParser()
    parser.read_string(text)
    return parser


def test_every_part_is_a_program_without_secrets(home: Home, settings: LocalSettings) -> None:
    text = render_supervisord_conf(home, PARTS, settings)
    conf = parsed(text)
    assert {f"program:{part.name}" for part in PARTS} <= set(conf.sections())
    for secret in (settings.redis_password, settings.s3_secret_key):
        assert secret.get_secret_value() not in text


def test_services_stop_before_stores(home: Home, settings: LocalSettings) -> None:
    conf = parsed(render_supervisord_conf(home, PARTS, settings))
    # supervisord stops the highest priority first.
    assert conf.getint("group:stores", "priority") < conf.getint("group:services", "priority")
    assert conf.get("group:stores", "programs").split(",")[0] == "redis"
    whole = parsed(render_supervisord_conf(home, (*PARTS, *AIRFLOW_PARTS), settings))
    assert conf.getint("group:services", "priority") < whole.getint("group:airflow", "priority")
    assert len(whole.get("group:airflow", "programs").split(",")) == 4


def test_a_worker_alone_hears_the_stop(home: Home, settings: LocalSettings) -> None:
    conf = parsed(render_supervisord_conf(home, PARTS, settings))
    # Its children are in the middle of a job that the worker wants finished.
    assert not conf.getboolean("program:worker", "stopasgroup")
    assert conf.getboolean("program:worker", "killasgroup")
    assert conf.getboolean("program:api", "stopasgroup")


def test_names_with_blanks_and_percent_signs_survive(
    home: Home, settings: LocalSettings, make_part: Callable[..., Part]
) -> None:
    part = make_part(command=lambda _: ["/a b/100%", "it's"])
    conf = parsed(render_supervisord_conf(home, [part], settings))
    assert conf.get("program:sleeper", "command") == "'/a b/100%%' 'it'\"'\"'s'"
