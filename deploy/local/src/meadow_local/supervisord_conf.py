"""The configuration of supervisord, which keeps the parts running.

It is started in the home folder with MEADOW_HOME set, which the parts inherit.
"""

import shlex
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from meadow_local.home import Home
from meadow_local.parts import Part
from meadow_local.processes import PART_VARIABLE
from meadow_local.settings import LocalSettings

LOG_BYTES = 10 * 1024 * 1024
LOG_BACKUPS = 3


def render_supervisord_conf(home: Home, parts: Sequence[Part], settings: LocalSettings) -> str:
    """The whole configuration file."""
    sections = [_daemon(home)]
    sections += [_program(home, part, settings) for part in parts]
    groups = groupby(parts, key=lambda part: part.group)
    # Stopped in the reverse order: services first, while the stores still take what they write.
    sections += [_group(name, list(members), priority) for priority, (name, members) in enumerate(groups)]
    return "\n".join(sections)


def _daemon(home: Home) -> str:
    return "".join(
        [
            _section("unix_http_server", {"file": _escaped(str(home.socket)), "chmod": "0700"}),
            _section(
                "supervisord",
                {
                    "logfile": _inside(home, home.log_file("supervisord")),
                    "logfile_maxbytes": str(LOG_BYTES),
                    "logfile_backups": "1",
                    "pidfile": _inside(home, home.pid_file),
                    "childlogdir": _inside(home, home.logs),
                    "umask": "077",
                },
            ),
            _section(
                "rpcinterface:supervisor",
                {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
            ),
        ]
    )


def _program(home: Home, part: Part, settings: LocalSettings) -> str:
    return _section(
        f"program:{part.name}",
        {
            "command": _escaped(shlex.join(part.command(settings))),
            "environment": f"{PART_VARIABLE}={part.name}",
            "autostart": "true",
            "autorestart": "true",
            "startsecs": str(part.steady_seconds),
            "startretries": "2",
            "stopsignal": "TERM",
            "stopwaitsecs": str(part.stop_seconds),
            "stopasgroup": "true" if part.signals_children else "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": _inside(home, home.log_file(part.name)),
            "stdout_logfile_maxbytes": str(LOG_BYTES),
            "stdout_logfile_backups": str(LOG_BACKUPS),
        },
    )


def _group(name: str, members: Sequence[Part], priority: int) -> str:
    names = ",".join(part.name for part in members)
    return _section(f"group:{name}", {"programs": names, "priority": str(priority)})


def _section(name: str, options: Mapping[str, str]) -> str:
    return "".join([f"[{name}]\n", *(f"{key}={value}\n" for key, value in options.items())])


def _inside(home: Home, path: Path) -> str:
    """A path below the home, where supervisord is started: some options expand `%` twice, and no escape survives."""
    return str(path.relative_to(home.root))


def _escaped(value: str) -> str:
    """Supervisord expands `%(name)s` in values."""
    return value.replace("%", "%%")
