import os
import socket
from collections.abc import Callable

import pytest

from meadow_local import stack_env
from meadow_local.errors import StackError
from meadow_local.home import Home
from meadow_local.parts import Part
from meadow_local.ports import check_ports, is_free


def test_a_taken_port_names_part_port_holder_and_variable(home: Home, make_part: Callable[..., Part]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings = stack_env.configure(home, {"MEADOW_API_PORT": str(port)})
        with pytest.raises(StackError) as raised:
            check_ports([make_part("api", ports=("api_port",))], settings)
    message = str(raised.value)
    assert f"Port {port} of api is taken by" in message
    assert f"process {os.getpid()}" in message
    assert "MEADOW_API_PORT" in message
    assert "Nothing was started" in message


def test_two_parts_on_one_port_are_told_apart(
    home: Home, make_part: Callable[..., Part], free_port: Callable[[], int]
) -> None:
    port = str(free_port())
    settings = stack_env.configure(home, {"MEADOW_API_PORT": port, "MEADOW_UI_PORT": port})
    with pytest.raises(StackError, match=f"ui and api are both set to port {port}.*MEADOW_UI_PORT"):
        check_ports([make_part("api", ports=("api_port",)), make_part("ui", ports=("ui_port",))], settings)


def test_free_ports_pass(home: Home, make_part: Callable[..., Part], free_port: Callable[[], int]) -> None:
    settings = stack_env.configure(home, {"MEADOW_API_PORT": str(free_port())})
    check_ports([make_part("api", ports=("api_port",)), make_part("quiet")], settings)


def test_a_port_is_free_again_when_its_server_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)
