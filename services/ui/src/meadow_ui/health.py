"""Health check of the pages: opens one, as a browser does, and waits until it is drawn.

Streamlit's own check answers as soon as its server listens, whether or not the pages can be imported.
"""

import sys
from time import monotonic

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from meadow.settings import load_settings

SECONDS = 12
"""A page waits five seconds for a gateway that is away, and says so: that page is well."""
LOOPBACK = "127.0.0.1"


class PageError(Exception):
    """The page cannot be drawn; the message says why."""


def check_page(address: str, *, seconds: float = SECONDS) -> None:
    """Open a page and wait until its script has come to its end.

    Args:
        address: Where the pages are served, as `127.0.0.1:8501`.
        seconds: How long that may take.

    Raises:
        PageError: The page shows an exception, does not come to its end, or the server does not answer.
    """
    deadline = monotonic() + seconds
    try:
        with connect(f"ws://{address}/_stcore/stream", open_timeout=seconds, proxy=None, max_size=None) as socket:
            request = BackMsg()
            request.rerun_script.query_string = ""
            socket.send(request.SerializeToString())
            while True:
                message = ForwardMsg()
                message.ParseFromString(socket.recv(max(0.0, deadline - monotonic()), decode=False))
                if message.delta.new_element.HasField("exception"):
                    error = message.delta.new_element.exception
                    raise PageError(f"The page shows {error.type}: {error.message}")
                if message.WhichOneof("type") == "script_finished":
                    if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                        raise PageError(f"The page's script ended as {message.script_finished}.")
                    return
    except TimeoutError as error:
        raise PageError(f"The page at {address} was not drawn within {seconds:g} s.") from error
    except (OSError, WebSocketException) as error:
        raise PageError(f"The pages at {address} do not answer: {error}") from error


def main() -> None:
    """Exit with 0 if a page can be drawn; with its fault otherwise."""
    try:
        check_page(f"{LOOPBACK}:{load_settings().ui_port}")
    except PageError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
