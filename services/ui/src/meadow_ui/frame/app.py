"""The Streamlit app: what every page shares, and the way between the pages."""

from pathlib import Path

import streamlit as st

from meadow_ui.pages import classify, data, model, queues, review

HERE = Path(__file__).parent


def main() -> None:
    """Draw the frame, then the page that was asked for."""
    st.set_page_config(page_title="Meadow", page_icon=HERE / "dandelion.svg", layout="wide")
    for sheet in sorted((HERE / "styles").glob("*.css")):
        st.html(sheet)
    st.logo(HERE / "dandelion.svg", size="large")
    pages = [
        st.Page(classify.page, title="Classify", icon=":material/image_search:", url_path="classify", default=True),
        st.Page(review.page, title="Review", icon=":material/rate_review:", url_path="review"),
        st.Page(model.page, title="Model", icon=":material/psychiatry:", url_path="model"),
        st.Page(data.page, title="Data", icon=":material/photo_library:", url_path="data"),
        st.Page(queues.page, title="Queues", icon=":material/stacks:", url_path="queues"),
    ]
    st.navigation(pages, position="top").run()


main()
