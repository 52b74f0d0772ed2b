import pytest

from fake_gateway import Answer, ScriptedServer
from meadow.client import ApiProblem, Client

VERSION = {
    "name": "lawns",
    "digest": "ab" * 32,
    "created_at": "2026-05-04T10:00:00Z",
    "classes": {"grass": {"train": 8, "holdout": 2, "corrected": 1}},
}


def test_data_sets_are_listed_and_read_with_their_versions(server: ScriptedServer, client: Client) -> None:
    server.reply({"datasets": [VERSION]})
    server.reply({**VERSION, "versions": [VERSION, VERSION]})
    assert [(one.name, one.images) for one in client.datasets()] == [("lawns", 10)]
    assert len(client.dataset("la/wns").versions) == 2
    assert [asked.path for asked in server.asked] == ["/v1/datasets", "/v1/datasets/la%2Fwns"]


def test_a_report_comes_as_it_is(server: ScriptedServer, client: Client) -> None:
    server.answers.append(Answer(content=b"<!doctype html>..."))
    assert client.dataset_report("lawns", "abab") == b"<!doctype html>..."
    assert server.asked[0].path == "/v1/datasets/lawns/versions/abab/report"


def test_an_answer_of_another_shape_is_no_list(server: ScriptedServer, client: Client) -> None:
    server.reply([VERSION])
    with pytest.raises(ApiProblem, match="not answer like a Meadow gateway"):
        client.datasets()
