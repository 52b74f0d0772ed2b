"""Images of a data set whose label is probably wrong, with pictures."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from html import escape

import streamlit as st

from meadow.client import ApiProblem, Client, ClientError
from meadow.schemas.label_suspects import LabelSuspect, LabelSuspects
from meadow.schemas.problems import ProblemCode
from meadow_ui.classify.picture import thumbnail
from meadow_ui.markup import ago, code, percent
from meadow_ui.notices import error_notice

MOST_SHOWN = 12
IMAGE_THREADS = 6
THUMBNAILS = "suspect-thumbnails"

logger = logging.getLogger(__name__)


def suspects_section(client: Client, name: str, max_pixels: int) -> None:
    """Draw the suspects of a data set; nothing before a training run has examined it."""
    try:
        found = client.label_suspects(name)
    except ApiProblem as problem:
        if problem.code != ProblemCode.NOT_FOUND:
            error_notice(problem, refresh=False)
        return
    except ClientError as error:
        error_notice(error, refresh=False)
        return
    st.subheader("Labels to check", anchor=False)
    st.html(_summary(found))
    shown = found.suspects[:MOST_SHOWN]
    thumbnails = _thumbnails(client, name, shown, max_pixels)
    with st.container(key="cards"):
        for suspect in shown:
            with st.container(key=f"slot-{suspect.sha256}", gap=None):
                st.html(suspect_card(suspect, thumbnails.get(suspect.sha256, "")))


def suspect_card(suspect: LabelSuspect, picture: str) -> str:
    """A suspect as a card, as HTML.

    Args:
        suspect: The image and its labels.
        picture: As a data URI; empty if there is none.
    """
    source = escape(suspect.source)
    image = f'<img src="{picture}" alt="{source}">' if picture else "<span>no preview</span>"
    split = "training" if suspect.split == "train" else "hold-out"
    return (
        f'<article class="card unsure"><figure>{image}</figure><div class="body">'
        f"<p>Labelled <strong>{escape(suspect.label)}</strong>, probably <strong>{escape(suspect.suggested)}</strong> "
        f"({percent(suspect.probability)})</p>"
        f'<p class="name" title="{source}">{split} &middot; {source}</p></div></article>'
    )


def _summary(found: LabelSuspects) -> str:
    left = len(found.suspects) - MOST_SHOWN
    more = (
        f" The most certain ones are shown; {code(f'meadow data suspects {found.name}')} lists all." if left > 0 else ""
    )
    return (
        f'<p class="quiet">{len(found.suspects):,} of {found.images:,} labels are probably wrong, as the training '
        f"{ago(found.examined_at)} found.{more}</p>"
    )


def _thumbnails(client: Client, name: str, suspects: Sequence[LabelSuspect], max_pixels: int) -> dict[str, str]:
    """Fetch the images that are not there from the last time; one that cannot be fetched is shown without."""
    known: dict[str, str] = st.session_state.get(THUMBNAILS, {})
    missing = [one.sha256 for one in suspects if one.sha256 not in known]

    def fetch(sha256: str) -> str:
        try:
            return thumbnail(client.dataset_image(name, sha256), max_pixels=max_pixels)
        except ClientError as error:
            logger.warning("No image %s: %s", sha256, error)
            return ""

    with ThreadPoolExecutor(IMAGE_THREADS, thread_name_prefix="suspect-image") as pool:
        fetched = dict(zip(missing, pool.map(fetch, missing), strict=True))
    shown = {one.sha256: known.get(one.sha256) or fetched.get(one.sha256, "") for one in suspects}
    st.session_state[THUMBNAILS] = shown
    return shown
