"""The sources of a fake gateway: zips that are put here, and prefixes that a test makes up."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

from fake_gateway.server import Answer, Asked
from meadow.schemas.sources import PrefixSource, RequestedSource, Upload, ZipSource

STORE_PATH = "/store/"
MAX_ZIP_BYTES = 1 << 30


class FakeSources:
    """Where images come from that no client packs."""

    def __init__(self, base_url: str) -> None:
        self.prefixes: dict[str, dict[str, bytes]] = {}
        """What lies under an S3 prefix: names and bytes."""
        self.passed_over: dict[str, int] = {}
        """What every source holds beside images."""
        self.max_bytes = MAX_ZIP_BYTES
        self._base_url = base_url
        self._stored: dict[str, bytes] = {}

    def respond(self, request: Asked) -> Answer | None:
        """Answer a request that uploads a file."""
        if (request.method, request.path) == ("POST", "/v1/uploads"):
            number = f"upload_{len(self._stored) + 1}"
            self._stored[number] = b""
            upload = Upload(
                upload_id=number,
                url=f"{self._base_url}{STORE_PATH}{number}?signature=s",
                expires_at=datetime.now(UTC) + timedelta(hours=1),
                max_bytes=self.max_bytes,
            )
            return Answer(201, upload.model_dump_json().encode())
        if request.method == "PUT" and request.path.startswith(STORE_PATH):
            self._stored[request.path.removeprefix(STORE_PATH)] = request.body
            return Answer()
        return None

    def images(self, source: RequestedSource) -> list[tuple[str, bytes]]:
        """Read a source."""
        match source:
            case ZipSource(upload_id=upload_id):
                with zipfile.ZipFile(io.BytesIO(self._stored[upload_id])) as archive:
                    return [(name, archive.read(name)) for name in archive.namelist()]
            case PrefixSource(uri=uri):
                return list(self.prefixes[uri].items())
