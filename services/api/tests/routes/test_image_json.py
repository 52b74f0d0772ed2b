"""An image as base64 in JSON, which is what people try first."""

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest

Gateways = Callable[..., AbstractContextManager[httpx.Client]]
URL = "/v1/classifications"


def standard(body: bytes) -> str:
    return base64.b64encode(body).decode()


def url_safe(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).decode()


@pytest.fixture
def gateway(shared_gateway: httpx.Client) -> httpx.Client:
    return shared_gateway


@pytest.fixture
def jpeg(jpeg: bytes) -> bytes:
    """One whose base64 has padding and what the alphabets differ by; bytes behind a JPEG do not count."""
    return jpeg + b"\xff\xef\xbe" * 3 + bytes(-(len(jpeg) + 9) % 3 + 1)


@pytest.mark.parametrize(
    "write",
    [
        standard,
        url_safe,
        lambda body: standard(body).rstrip("="),
        lambda body: url_safe(body).rstrip("="),
        lambda body: base64.encodebytes(body).decode(),
        lambda body: standard(body).replace("A", "A\r\n"),
        lambda body: f"data:image/jpeg;base64,{standard(body)}",
        lambda body: f"  data:;base64,{url_safe(body)}\n",
        lambda body: f"DATA:image/jpeg;name=a.jpg;charset=utf-8;BASE64,{standard(body)}",
    ],
)
def test_an_image_in_json_is_the_same_image(gateway: httpx.Client, jpeg: bytes, write: Callable[[bytes], str]) -> None:
    assert {"+", "/", "="} <= set(standard(jpeg))
    key = {"Idempotency-Key": "one image"}
    raw = gateway.post(URL, content=jpeg, headers={**key, "X-Image-Name": "lawn.jpg"})
    answer = gateway.post(URL, json={"image": write(jpeg), "name": "lawn.jpg"}, headers=key)
    assert answer.status_code == 202
    assert answer.json()["name"] == "lawn.jpg"
    # The gateway tells requests apart by the image's bytes.
    assert answer.json()["id"] == raw.json()["id"]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"])
def test_json_is_recognised_by_its_type_however_that_is_written(
    gateway: httpx.Client, jpeg: bytes, media_type: str
) -> None:
    body = json.dumps({"image": standard(jpeg)}).encode()
    assert gateway.post(URL, content=body, headers={"Content-Type": media_type}).status_code == 202


def test_options_stay_in_the_query(gateway: httpx.Client, jpeg: bytes) -> None:
    answer = gateway.post(URL, params={"explain": "true"}, json={"image": standard(jpeg)})
    assert answer.json()["explanation"]["state"] == "pending"
    misplaced = gateway.post(URL, json={"image": standard(jpeg), "top_k": 1})
    assert (misplaced.status_code, misplaced.json()["errors"][0]["location"]) == (422, "body.top_k")


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("not*base64", "'*' at character 4"),
        ("QUJD=RA==", "'=' at character 5"),
        ("grün", "'ü' at character 3"),
        ("QUJDR", "not base64"),
        ("https://example.com/lawn.jpg", "Addresses are not fetched"),
        ("data:image/jpeg,%FF%D8", "not marked as base64"),
        ("", "at least 1 character"),
        (None, "valid string"),
        (7, "valid string"),
        (["QUJD"], "valid string"),
    ],
)
def test_what_is_no_base64_is_422_naming_the_place(gateway: httpx.Client, image: object, words: str) -> None:
    answer = gateway.post(URL, json={"image": image})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert answer.json()["errors"][0]["location"] == "body.image"
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b'{"name": "a"}', b'"QUJD"', b"[" * 9999, b"\xff", b'{"image": NaN}']
)
def test_json_without_an_image_is_a_clear_refusal(gateway: httpx.Client, body: bytes) -> None:
    answer = gateway.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert answer.json()["errors"][0]["location"].startswith("body")


def test_base64_of_something_else_is_415(gateway: httpx.Client) -> None:
    answer = gateway.post(URL, json={"image": standard(b"plain words")})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-type")


def test_limits_are_those_of_the_decoded_bytes(gateway_with: Gateways, jpeg: bytes) -> None:
    largest = jpeg + bytes(100_000 - len(jpeg))
    with gateway_with(max_image_bytes=100_000) as gateway:
        whole = gateway.post(URL, json={"image": base64.encodebytes(largest).decode().replace("\n", "\r\n")})
        above = gateway.post(URL, json={"image": standard(largest + b"\0")})
        far_above = gateway.post(URL, json={"image": standard(largest * 3)})
    assert whole.status_code == 202
    for answer in (above, far_above):
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert "100,001 bytes; at most 100,000" in above.json()["detail"]


def test_a_correction_is_taken_in_json_with_its_label(gateway: httpx.Client, jpeg: bytes) -> None:
    asked = {"image": standard(jpeg), "label": "moss", "job_id": "job_none"}
    answer = gateway.post("/v1/corrections", params={"new_class": "true"}, json=asked)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    del asked["job_id"]
    answer = gateway.post("/v1/corrections", params={"new_class": "true"}, json={**asked, "name": "lawn.jpg"})
    assert answer.status_code == 201
    assert (answer.json()["label"], answer.json()["name"]) == ("moss", "lawn.jpg")
