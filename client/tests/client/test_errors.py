import httpx

from meadow.client import ApiProblem


def response(status: int, content: bytes) -> httpx.Response:
    return httpx.Response(status, content=content, request=httpx.Request("GET", "http://meadow.test/v1/status?x=1"))


def test_a_problem_without_detail_shows_its_title() -> None:
    body = b'{"type": "t", "title": "Full", "status": 503, "detail": "", "code": "overloaded", "queue": "batch"}'
    problem = ApiProblem.from_response(response(503, body))
    assert str(problem) == "Full"
    assert problem.problem.model_extra == {"queue": "batch"}


def test_a_foreign_answer_names_the_server_not_the_path_and_is_cut_short() -> None:
    problem = ApiProblem.from_response(response(502, b"x" * 5000))
    assert str(problem).startswith("http://meadow.test/ does not answer like a Meadow gateway: 502 Bad Gateway, xxx")
    assert len(str(problem)) < 400


def test_an_empty_answer_is_said_to_be_empty() -> None:
    assert "an empty body" in str(ApiProblem.from_response(response(500, b"")))
