"""The web server, which lets those who wait go before it stops."""

import socket
import sys

import uvicorn
from fastapi import FastAPI

from meadow_api.resources import Resources

STARTUP_FAILURE = 3
"""Exit status of uvicorn's own command when the application does not start."""


class GatewayServer(uvicorn.Server):
    """Serves one gateway. On its own, uvicorn would wait for open streams and held polls, which end on their own terms.

    Uploads that are under way have until `timeout_graceful_shutdown`.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: what waits answers at once."""
        resources: Resources = self._app.state.resources
        resources.finished.let_go()
        await super().shutdown(sockets)

    def run_or_exit(self) -> None:
        """Serve until a signal comes; exit with a status of its own when the start fails."""
        try:
            self.run()
        except KeyboardInterrupt:
            return
        if not self.started:
            sys.exit(STARTUP_FAILURE)
