import pytest

from both_clients import Side
from fake_gateway import Answer, ScriptedServer
from meadow.client import ApiProblem, GatewayUnreachableError
from meadow.client.transport import Transport

LINES = [b"%d" % number * 50 for number in range(100)]
WHOLE = b"\n".join(LINES) + b"\n"


def test_an_answer_that_breaks_off_is_taken_up_where_it_broke(
    server: ScriptedServer, transport: Transport, side: Side
) -> None:
    server.answers = [Answer(content=WHOLE, cut_after=cut) for cut in (3000, 0, 7001)] + [Answer(content=WHOLE)]
    assert list(side.read_lines(transport, "/x", {}, may_repeat=True)) == LINES
    assert len(server.asked) == 4


def test_one_that_is_another_each_time_is_not_taken_up(
    server: ScriptedServer, transport: Transport, side: Side
) -> None:
    server.answers = [Answer(content=WHOLE, cut_after=3000)]
    with pytest.raises(GatewayUnreachableError):
        list(side.read_lines(transport, "/x", {}, may_repeat=False))
    assert len(server.asked) == 1


def test_one_that_breaks_at_the_same_place_each_time_ends(
    server: ScriptedServer, transport: Transport, side: Side
) -> None:
    server.answers = [Answer(content=WHOLE, cut_after=3000) for _ in range(10_000)]
    with pytest.raises(GatewayUnreachableError):
        list(side.read_lines(transport, "/x", {}, may_repeat=True))


def test_a_problem_is_raised_and_a_busy_gateway_asked_again(
    server: ScriptedServer, transport: Transport, side: Side
) -> None:
    server.reply_problem("unavailable", 503, "Redis is down.", Retry_After="0")
    server.answers.append(Answer(content=b"a\n\xc3\xa4"))
    server.reply_problem("job-gone", 410, "Past its retention.")
    assert list(side.read_lines(transport, "/x", {}, may_repeat=True)) == [b"a", "ä".encode()]
    with pytest.raises(ApiProblem, match="retention"):
        list(side.read_lines(transport, "/x", {}, may_repeat=True))
