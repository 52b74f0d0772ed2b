import pytest

from fake_gateway import Answer, ScriptedServer
from meadow.client import ApiProblem, Client
from meadow.schemas.split import Split

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


def test_images_are_read_page_by_page_of_the_version_of_the_first(server: ScriptedServer, client: Client) -> None:
    first, second = (
        {"sha256": digit * 64, "label": "grass", "source": "s", "split": "holdout", "corrected": False}
        for digit in "ab"
    )
    server.reply({"name": "lawns", "version": "cd" * 32, "total": 2, "images": [first], "next_page_token": "1"})
    server.reply({"name": "lawns", "version": "cd" * 32, "total": 2, "images": [second]})
    server.answers.append(Answer(content=b"bytes"))
    found = list(client.each_dataset_image("la/wns", label="grass", split=Split.HOLDOUT))
    assert [image.sha256[0] for image in found] == ["a", "b"]
    assert client.dataset_image("la/wns", "a" * 64, version="cd") == b"bytes"
    filters = {"label": ["grass"], "split": ["holdout"], "page_size": ["1000"]}
    assert [asked.query for asked in server.asked] == [
        filters,
        {**filters, "version": ["cd" * 32], "page_token": ["1"]},
        {"version": ["cd"]},
    ]
    assert [asked.path for asked in server.asked[1:]] == [
        "/v1/datasets/la%2Fwns/images",
        f"/v1/datasets/la%2Fwns/images/{'a' * 64}",
    ]


def test_label_suspects_are_read(server: ScriptedServer, client: Client) -> None:
    suspect = {
        "sha256": "a" * 64,
        "label": "grass",
        "suggested": "dandelion",
        "probability": 0.9,
        "label_probability": 0.1,
        "source": "lawns/1.jpg",
        "split": "holdout",
    }
    server.reply(
        {
            "name": "lawns",
            "version": "cd" * 32,
            "examined_at": "2026-05-04T10:00:00Z",
            "images": 10,
            "suspects": [suspect],
        }
    )
    found = client.label_suspects("la/wns")
    assert [(one.label, one.suggested, one.split) for one in found.suspects] == [("grass", "dandelion", Split.HOLDOUT)]
    assert server.asked[0].path == "/v1/datasets/la%2Fwns/suspects"
