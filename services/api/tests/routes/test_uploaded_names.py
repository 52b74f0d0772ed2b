"""File names in forms and headers, as bytes on the wire."""

import json

import httpx
import pytest

URL = "/v1/classifications"
NAME = "wiese ü.jpg"
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
DISPOSITIONS = [
    f'filename="{NAME}"'.encode(),
    f'filename="{NAME}"'.encode("latin-1"),
    b"filename*=UTF-8''wiese%20%C3%BC.jpg",
    b'filename="=?UTF-8?B?d2llc2Ugw7wuanBn?="',
    b'filename="wiese%20%C3%BC.jpg"',
]
HEADERS = [b"wiese%20%C3%BC.jpg", NAME.encode(), NAME.encode("latin-1"), b"=?UTF-8?B?d2llc2Ugw7wuanBn?="]


def form(field: str, disposition: bytes, body: bytes) -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="%s"; %s\r\n\r\n' % (field.encode(), disposition)
    return head + body + b"\r\n--b--\r\n"


@pytest.fixture
def gateway(shared_gateway: httpx.Client) -> httpx.Client:
    return shared_gateway


@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_the_name_in_a_form_becomes_the_jobs(gateway: httpx.Client, jpeg: bytes, disposition: bytes) -> None:
    answer = gateway.post(URL, content=form("image", disposition, jpeg), headers=FORM)
    assert (answer.status_code, answer.json()["name"]) == (202, NAME)


@pytest.mark.parametrize("disposition", [b"attachment; " + one for one in DISPOSITIONS])
def test_the_name_in_a_requests_disposition_becomes_the_jobs(
    gateway: httpx.Client, jpeg: bytes, disposition: bytes
) -> None:
    headers = [(b"Content-Type", b"image/jpeg"), (b"Content-Disposition", disposition)]
    assert gateway.post(URL, content=jpeg, headers=headers).json()["name"] == NAME


@pytest.mark.parametrize("value", HEADERS)
def test_the_name_in_a_header_of_its_own_becomes_the_jobs(gateway: httpx.Client, jpeg: bytes, value: bytes) -> None:
    headers = [(b"Content-Type", b"image/jpeg"), (b"X-Image-Name", value)]
    assert gateway.post(URL, content=jpeg, headers=headers).json()["name"] == NAME


def test_a_name_of_any_bytes_is_no_fault_of_the_gateway(gateway: httpx.Client, jpeg: bytes) -> None:
    every = bytes(byte for byte in range(256) if byte not in b'\0\r\n"\\')
    answer = gateway.post(URL, content=form("image", b'filename="%s"' % every, jpeg), headers=FORM)
    assert answer.status_code == 202
    assert gateway.get(answer.headers["Location"]).json()["name"] == answer.json()["name"]
    other = gateway.post(URL, content=form("image", b"filename*=%s" % every, jpeg), headers=FORM)
    assert other.status_code == 202


def test_names_in_the_form_of_a_batch_are_those_of_its_items(gateway: httpx.Client, jpeg: bytes) -> None:
    parts = b"".join(form("images", one, jpeg).removesuffix(b"--b--\r\n") for one in [*DISPOSITIONS, b'filename=""'])
    answer = gateway.post("/v1/batches", content=parts + b"--b--\r\n", headers=FORM)
    assert answer.status_code == 202


@pytest.mark.parametrize("name", ["a\0b.jpg", "x" * 255, "日本語.jpg", "a\nb.jpg"])
def test_a_name_in_json_is_shown_without_control_characters(gateway: httpx.Client, name: str) -> None:
    example = gateway.get("/openapi.json").json()["paths"][URL]["post"]["requestBody"]["content"]["application/json"]
    body = {**example["examples"]["base64"]["value"], "name": name}
    answer = gateway.post(URL, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.json()["name"] == name.replace("\0", "\\x00").replace("\n", "\\n")
