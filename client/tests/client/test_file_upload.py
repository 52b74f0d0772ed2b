from datetime import UTC, datetime
from pathlib import Path

import pytest

from both_clients import Side
from fake_gateway import ScriptedServer
from meadow.client.errors import StoreUnreachableError
from meadow.client.retries import RetryPolicy
from meadow.client.transport import Transport
from meadow.schemas.sources import Upload


def upload_to(url: str) -> Upload:
    return Upload(upload_id="upload_1", url=url, expires_at=datetime.now(UTC), max_bytes=100)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lawns.zip"
    path.write_bytes(b"a zip")
    return path


def test_a_store_that_cannot_be_reached_is_named_and_not_the_gateway(
    server: ScriptedServer, free_port: int, file: Path, side: Side
) -> None:
    transport = side.transport(server.url, "", timeout=5, retries=RetryPolicy(seconds=0))
    with pytest.raises(StoreUnreachableError) as caught:
        side.put_file(
            transport, upload_to(f"http://127.0.0.1:{free_port}/jobs/x?signature=secret"), file, lambda _: None
        )
    transport.close()
    told = str(caught.value)
    assert f"http://127.0.0.1:{free_port}/ " in told
    assert "MEADOW_S3_PUBLIC_ENDPOINT_URL" in told
    assert "no connection" in told
    assert server.url not in told
    assert "secret" not in told


def test_a_connection_that_breaks_is_tried_again_from_the_beginning(
    server: ScriptedServer, transport: Transport, file: Path, side: Side
) -> None:
    server.hang_up()
    server.reply()
    sent: list[int] = []
    side.put_file(transport, upload_to(f"{server.url}/jobs/x"), file, sent.append)
    assert [asked.body for asked in server.asked] == [b"a zip"] * 2
    assert sent == [5, 5]
