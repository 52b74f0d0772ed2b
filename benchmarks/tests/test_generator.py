from pathlib import Path

import pytest

from http_desk import HttpDesk
from meadow_bench.engine import Probabilities
from meadow_bench.errors import BenchmarkError
from meadow_bench.load.generator import load
from meadow_bench.load.peer import read_probabilities
from meadow_bench.load.target import Target

ANSWER = {"grass": 0.25, "dandelion": 0.75}


def target(desk: HttpDesk, *, form_field: str = "") -> Target[Probabilities]:
    return Target(desk.port, "/predict", read_probabilities, headers=(("Prefer", "wait=30"),), form_field=form_field)


def test_each_image_is_sent_once_whole_and_answered(desk: HttpDesk, images: list[Path]) -> None:
    run = load(target(desk), images, clients=4)
    run.require_clean("the desk", len(images))
    assert sorted(desk.bodies) == sorted(image.read_bytes() for image in images)
    assert dict(run.answers) == {image.name: ANSWER for image in images}
    assert len(run.milliseconds) == len(images)
    assert run.rate == pytest.approx(len(images) / run.seconds)
    assert all(headers["Prefer"] == "wait=30" for headers in desk.headers)


def test_clients_ask_at_once_each_on_a_connection_that_stays_open(desk: HttpDesk, images: list[Path]) -> None:
    desk.pause = 0.02
    load(target(desk), images, clients=4)
    assert desk.most_at_once == 4
    assert desk.connections == 4


def test_the_clock_counts_the_time_of_the_server(desk: HttpDesk, images: list[Path]) -> None:
    desk.pause = 0.05
    run = load(target(desk), images[:4], clients=1)
    assert all(50 <= taken < 500 for taken in run.milliseconds)
    assert run.seconds >= 0.2


def test_the_warm_up_is_sent_but_not_counted(desk: HttpDesk, images: list[Path]) -> None:
    run = load(target(desk), images, clients=2, warm_up=10)
    assert len(desk.bodies) == 50
    assert len(run.answers) == 40


def test_images_are_sent_again_and_again_for_a_time(desk: HttpDesk, images: list[Path]) -> None:
    desk.pause = 0.01
    run = load(target(desk), images[:3], clients=2, seconds=0.3)
    assert len(run.answers) > 3
    assert {name for name, _ in run.answers} == {"00.jpg", "01.jpg", "02.jpg"}
    assert 0.3 <= run.seconds < 2


def test_an_image_is_sent_as_a_file_of_a_form(desk: HttpDesk, images: list[Path]) -> None:
    load(target(desk, form_field="request"), images[:1], clients=1).require_clean("the desk", 1)
    [body], [headers] = desk.bodies, desk.headers
    boundary = headers["Content-Type"].partition("boundary=")[2].encode()
    head, _, rest = body.partition(b"\r\n\r\n")
    assert head.startswith(b"--" + boundary)
    assert b'name="request"' in head
    assert rest == images[0].read_bytes() + b"\r\n--" + boundary + b"--\r\n"


def test_a_connection_that_the_server_closes_is_opened_again(desk: HttpDesk, images: list[Path]) -> None:
    desk.closes = True
    load(target(desk), images, clients=2).require_clean("the desk", len(images))
    assert desk.connections == len(images)


def test_an_error_is_a_failure_and_no_answer(desk: HttpDesk, images: list[Path]) -> None:
    desk.status = 503
    run = load(target(desk), images, clients=4)
    assert not run.answers
    assert len(run.failures) == len(images)
    with pytest.raises(BenchmarkError, match=r"the desk answered 0 of 40 requests: .*status 503"):
        run.require_clean("the desk", len(images))


def test_a_broken_connection_fails_one_request_and_the_others_go_on(desk: HttpDesk, images: list[Path]) -> None:
    desk.breaks_at = b"image 07.jpg"
    run = load(target(desk), images, clients=2)
    assert len(run.answers) == len(images) - 1
    with pytest.raises(BenchmarkError, match=r"39 of 40.*07"):
        run.require_clean("the desk", len(images))


def test_nobody_there_is_a_failure(images: list[Path]) -> None:
    gone = Target(1, "/predict", read_probabilities)
    assert len(load(gone, images[:2], clients=1).failures) == 2
