import httpx
import pytest

PLACES = [
    "99999999999999999999",
    "9" * 5000,
    "-1",
    " 1",
    "1_0",
    "\N{SUPERSCRIPT TWO}",
    "\N{ARABIC-INDIC DIGIT TWO}",
    "x",
]
PAIRS = [
    "\N{SUPERSCRIPT TWO}.0",
    "0.\N{SUPERSCRIPT TWO}",
    f"{'9' * 5000}.0",
    "99999999999999999999.0",
    "1",
    "1.",
    "1.0.0",
]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/training-runs", "/v1/reviews", "/v1/datasets/lawns/images"])
def test_what_is_no_token_of_a_list_is_told(gateway: httpx.Client, path: str) -> None:
    for token in PLACES:
        answer = gateway.get(path, params={"page_token": token})
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed-request"), token


def test_nor_is_it_one_of_results(gateway: httpx.Client) -> None:
    batch_id = gateway.post("/v1/batches").json()["id"]
    for token in PAIRS:
        answer = gateway.get(f"/v1/jobs/{batch_id}/results", params={"page_token": token})
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed-request"), token


@pytest.mark.parametrize(("path", "listed"), [("/v1/jobs", "jobs"), ("/v1/reviews", "items")])
def test_a_token_from_beyond_the_end_leads_to_an_empty_page(gateway: httpx.Client, path: str, listed: str) -> None:
    page = gateway.get(path, params={"page_token": "999999999999999"}).json()
    assert (page[listed], page["next_page_token"]) == ([], "")
