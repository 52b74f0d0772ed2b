"""The Streamlit app: the frame around every page, and the navigation between pages.

No folder next to this file may be named `pages`. Streamlit would serve its files as pages of their own, and a visitor
who follows a link to one would see it without the frame.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from meadow_ui.classify.page import classify_page
from meadow_ui.data.page import data_page
from meadow_ui.model.page import model_page
from meadow_ui.queues import queues_page
from meadow_ui.review.page import review_page

HERE = Path(__file__).parent


class Page(NamedTuple):
    """An entry of the navigation bar."""

    draw: Callable[[], None]
    title: str
    icon: str


# By the last part of their address; the first one is the default.
PAGES: Mapping[str, Page] = {
    "classify": Page(classify_page, "Classify", ":material/image_search:"),
    "review": Page(review_page, "Review", ":material/rate_review:"),
    "model": Page(model_page, "Model", ":material/psychiatry:"),
    "data": Page(data_page, "Data", ":material/photo_library:"),
    "queues": Page(queues_page, "Queues", ":material/stacks:"),
}


def main() -> None:
    """Draw the frame, then the requested page."""
    st.set_page_config(page_title="Meadow", page_icon=HERE / "dandelion.svg", layout="wide")
    for sheet in sorted((HERE / "styles").glob("*.css")):
        st.html(sheet)
    st.logo(HERE / "dandelion.svg", size="large")
    pages = [
        st.Page(page.draw, title=page.title, icon=page.icon, url_path=name, default=place == 0)
        for place, (name, page) in enumerate(PAGES.items())
    ]
    st.navigation(pages, position="top").run()


# Streamlit runs this file as `__main__`.
if __name__ == "__main__":
    main()
