"""What a 415 says: what came, and how to send it instead."""

import gzip
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest

Gateways = Callable[..., AbstractContextManager[httpx.Client]]
URL = "/v1/classifications"
URL_ENCODED = "application/x-www-form-urlencoded"


def refused(answer: httpx.Response, *words: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-type")
    assert answer.headers["Content-Type"] == "application/problem+json"
    for word in words:
        assert word in answer.json()["detail"]


def curl_of(answer: httpx.Response) -> str:
    request = answer.request.url.copy_with(query=None)
    return f"curl {request} "


@pytest.fixture
def gateway(shared_gateway: httpx.Client) -> httpx.Client:
    return shared_gateway


@pytest.mark.parametrize("path", [URL, "/v1/corrections"])
@pytest.mark.parametrize("media_type", ["text/plain", "text/html; charset=utf-8", "image/svg+xml", "application/xml"])
def test_a_body_that_is_no_image_is_415_naming_its_type(gateway: httpx.Client, path: str, media_type: str) -> None:
    answer = gateway.post(path, content=b"plain words", headers={"Content-Type": media_type})
    refused(answer, f"came as {media_type.partition(';')[0]}.", curl_of(answer), "--data-binary", "-F image=@")
    assert "multipart/form-data" in answer.headers["Accept"]


def test_a_body_without_a_type_that_is_no_image_is_415_saying_so(gateway: httpx.Client) -> None:
    refused(gateway.post(URL, content=b"plain words"), "came without a Content-Type", "--data-binary")


@pytest.mark.parametrize("media_type", [None, "image/png", "IMAGE/JPEG", "application/octet-stream", URL_ENCODED, "x"])
def test_an_image_is_taken_whatever_the_request_calls_it(
    gateway: httpx.Client, jpeg: bytes, media_type: str | None
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    assert gateway.post(URL, content=jpeg, headers=headers).status_code == 202


def test_what_curl_d_leaves_of_an_image_is_415_naming_the_right_option(gateway: httpx.Client, jpeg: bytes) -> None:
    stripped = jpeg.translate(None, b"\0\r\n")
    refused(gateway.post(URL, content=stripped, headers={"Content-Type": URL_ENCODED}), URL_ENCODED, "--data-binary")


@pytest.mark.parametrize("media_type", [URL_ENCODED, "text/plain", None])
def test_json_without_its_type_is_415_and_told_to_name_it(gateway: httpx.Client, media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = gateway.post(URL, content=b'{"image": "AAAA"}', headers=headers)
    refused(answer, media_type or "without a Content-Type", "-H 'Content-Type: application/json'")


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity"])
@pytest.mark.parametrize("path", [URL, "/v1/corrections", "/v1/batches", "/v1/training-runs", "/v1/batches/x:seal"])
def test_a_compressed_body_is_415_naming_its_coding(gateway: httpx.Client, jpeg: bytes, coding: str, path: str) -> None:
    headers = {"Content-Type": "image/jpeg", "Content-Encoding": coding}
    answer = gateway.post(path, content=gzip.compress(jpeg), headers=headers)
    refused(answer, f"Content-Encoding: {coding}", "curl -X POST ", path)
    assert answer.headers["Accept-Encoding"] == "identity"


def test_a_refusal_of_a_coding_is_counted(gateway: httpx.Client) -> None:
    def counted() -> float:
        lines = gateway.get("/metrics").text.splitlines()
        return float(next(line for line in lines if 'problems_total{code="unsupported-type"}' in line).split()[1])

    before = counted()
    gateway.post(URL, content=b"x", headers={"Content-Encoding": "gzip"})
    assert counted() == before + 1


def test_a_body_that_is_called_uncompressed_is_taken(gateway: httpx.Client, jpeg: bytes) -> None:
    headers = {"Content-Type": "image/jpeg", "Content-Encoding": "identity"}
    assert gateway.post(URL, content=jpeg, headers=headers).status_code == 202


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/batches"),
        ("POST", "/v1/batches/x:seal"),
        ("POST", "/v1/datasets"),
        ("POST", "/v1/training-runs"),
        ("POST", "/v1/models/1:promote"),
        ("POST", "/v1/models:rollback"),
        ("PUT", "/v1/jobs/x/feedback"),
        ("PUT", f"/v1/reviews/{'0' * 64}"),
    ],
)
@pytest.mark.parametrize("media_type", [URL_ENCODED, "text/plain", None])
def test_json_routes_answer_415_to_other_types(
    gateway: httpx.Client, method: str, path: str, media_type: str | None
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = gateway.request(method, path, content=b'{"name": "lawns"}', headers=headers)
    refused(answer, media_type or "without a Content-Type", f"curl -X {method} ", "-H 'Content-Type: application/json'")
    assert answer.headers["Accept"] == "application/json"


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; charset=utf-8"])
@pytest.mark.parametrize("path", [URL, "/v1/batches"])
def test_a_form_without_a_boundary_is_400_saying_who_writes_it(gateway: httpx.Client, boundary: str, path: str) -> None:
    answer = gateway.post(path, content=b"--x--", headers={"Content-Type": f"multipart/form-data{boundary}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-request")
    assert "curl -F" in answer.json()["detail"]


def test_a_form_with_the_image_in_another_field_is_400_naming_both(gateway: httpx.Client, jpeg: bytes) -> None:
    answer = gateway.post(URL, files={"file": ("lawn.jpg", jpeg)})
    assert answer.status_code == 400
    assert "'image'; its file is in 'file'" in answer.json()["detail"]
    assert "-F image=@" in answer.json()["detail"]


@pytest.mark.parametrize("second", ["image", "other"])
def test_a_form_with_several_images_is_400_and_shows_the_way_to_batches(
    gateway: httpx.Client, jpeg: bytes, second: str
) -> None:
    answer = gateway.post(URL, files=[("image", ("a.jpg", jpeg)), (second, ("b.jpg", jpeg))])
    assert answer.status_code == 400
    assert f"{answer.request.url.copy_with(path='/v1/batches')} -F images=@" in answer.json()["detail"]


def test_a_form_whose_image_has_no_file_name_is_400_saying_so(gateway: httpx.Client) -> None:
    answer = gateway.post(URL, data={"image": "x" * 5000}, files={"nothing": b""})
    assert answer.status_code == 400
    assert "with a file name" in answer.json()["detail"]


def test_a_file_in_a_form_that_is_no_image_is_415_naming_its_type(gateway: httpx.Client) -> None:
    refused(gateway.post(URL, files={"image": ("a.txt", b"words", "text/plain")}), "'image' came as text/plain")


def test_a_compressed_pack_is_415_and_shows_how_to_make_one(gateway: httpx.Client) -> None:
    batch = gateway.post("/v1/batches", json={}).json()["id"]
    packs = f"/v1/batches/{batch}/packs/0"
    refused(gateway.put(packs, content=gzip.compress(bytes(1024))), "application/gzip", "tar cf - *.jpg | curl -X PUT")
    refused(gateway.put(packs, content=b"x", headers={"Content-Type": "image/jpeg"}), "came as image/jpeg")
    plain = gateway.put(packs, content=b"x", headers={"Content-Type": "application/x-tar"})
    assert (plain.status_code, plain.json()["code"]) == (422, "pack-invalid")


def test_a_body_too_large_for_what_it_describes_is_413_though_sent_in_chunks(gateway: httpx.Client) -> None:
    large = b'{"name": "' + b"x" * 1_200_000 + b'"}'
    pieces = (large[start : start + 100_000] for start in range(0, len(large), 100_000))
    answer = gateway.post("/v1/batches", content=pieces, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert "1,048,576 bytes" in answer.json()["detail"]
