import csv
from collections import Counter

from meadow.bundled_lists import bundled_lists


def test_the_bundled_list_names_every_image_once() -> None:
    with bundled_lists()["dandelion-grass"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["label"] for row in rows) == {"dandelion": 200, "grass": 200}
    assert len({row["url"] for row in rows}) == 400
    assert all(row["url"].startswith("https://") and f"/{row['label']}/" in row["url"] for row in rows)
