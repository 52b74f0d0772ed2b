"""Health check: opens a page as a browser does, and waits until it is drawn.

Streamlit's own check succeeds as soon as its server listens, whether or not the pages can be imported.
"""

import sys
from time import monotonic

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from meadow.errors import MeadowError
from meadow_ui.settings import PageSettings

SECONDS = 12
"""Above the five seconds that a page waits for an unreachable gateway: a page that reports that is healthy."""
LOOPBACK = "127.0.0.1"


class PageError(MeadowError):
    """The page cannot be drawn."""


def check_page(address: str, *, seconds: float = SECONDS) -> None:
    """Open a page and wait until its script has finished.

    Args:
        address: Address of the server, such as `127.0.0.1:8501`.
        seconds: Timeout.

    Raises:
        PageError: The page shows an exception, does not finish in time, or the server is unreachable.
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
                        raise PageError(f"The page's script ended with status {message.script_finished}.")
                    return
    except TimeoutError as error:
        raise PageError(f"The page at {address} was not drawn within {seconds:g} s.") from error
    except (OSError, WebSocketException) as error:
        raise PageError(f"No response from the pages at {address}: {error}") from error


def main() -> None:
    """Exit with 0 if a page can be drawn, with its error otherwise."""
    try:
        check_page(f"{LOOPBACK}:{PageSettings.load().ui_port}")
    except PageError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
