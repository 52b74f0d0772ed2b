"""Drop pictures, and see what the model makes of them."""

from collections.abc import Sequence
from html import escape

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from meadow.client import ClientError
from meadow.image_files.types import IMAGE_SUFFIXES
from meadow.registry.model import ModelInfo
from meadow.settings import Settings, load_settings
from meadow_ui.cards import card
from meadow_ui.connection import page_client, picture_sender
from meadow_ui.labels.control import say_control
from meadow_ui.markup import plain
from meadow_ui.notices import no_model, notice, trouble
from meadow_ui.pictures.export import to_csv
from meadow_ui.pictures.picture import Picture
from meadow_ui.pictures.sender import Sender
from meadow_ui.pictures.tray import CAPACITY, Group, Tray, group_of
from meadow_ui.production import production_model
from meadow_ui.ribbon import ribbon
from meadow_ui.upload_limit import max_upload_mebibytes

IMAGE_TYPES = sorted(suffix.removeprefix(".") for suffix in IMAGE_SUFFIXES)
REFRESH_SECONDS = 0.7
PAGE_OF_CARDS = 60
EXPLAINED = 12
"""Of the pictures dropped together: others wait for the workers too."""

TRAY = "tray"
DROPS = "drops"
SHOWN = "shown"
ALL = "All"
PICTURES = "Pictures"
FOLDER = "A folder"


def page() -> None:
    """Draw the page."""
    settings = load_settings()
    tray: Tray = st.session_state.setdefault(TRAY, Tray())
    st.title("Classify pictures")
    model = _model(settings)
    if model is not None:
        _drop_zone(settings, tray)
    if tray.pictures:
        # The answers refresh by themselves for as long as some are out.
        classes = model.classes if model else []
        every = REFRESH_SECONDS if tray.pending else None
        st.fragment(_answers, run_every=every)(tray, settings, classes, live=every is not None)
    elif model is not None:
        notice(
            "Nothing dropped yet",
            "The answers appear here as they arrive, each with the model's probabilities. "
            "Where the model cannot tell, it says so: <em>unsure</em> is an answer too.",
        )


def _model(settings: Settings) -> ModelInfo | None:
    try:
        model = production_model(page_client(settings))
    except ClientError as error:
        trouble(error)
        return None
    if model is None:
        no_model()
        return None
    names = [f"<b>{escape(label)}</b>" for label in model.classes]
    told = " from ".join(names) if len(names) == 2 else f"{len(names)} classes apart"  # noqa: PLR2004 - a pair
    st.html(f'<p class="lead">Model {escape(model.ref.version)} is in production. It tells {told}.</p>')
    return model


def _drop_zone(settings: Settings, tray: Tray) -> None:
    kind = st.segmented_control("What to drop", [PICTURES, FOLDER], default=PICTURES, label_visibility="collapsed")
    # A new key gives an empty drop zone: the pictures live in the tray, not in the widget.
    key = f"drop-{st.session_state.setdefault(DROPS, 0)}-{kind}"
    explain = kind == PICTURES and st.toggle(
        "Say why",
        key="explain",
        help=f"Also shows what each answer rests on. That takes a hundred times as long, so of the pictures dropped "
        f"together only the first {EXPLAINED} are explained.",
    )
    with st.container(key="folder" if kind == FOLDER else "pictures"):
        st.file_uploader(
            "Drop a folder here" if kind == FOLDER else "Drop pictures here",
            type=IMAGE_TYPES,
            accept_multiple_files="directory" if kind == FOLDER else True,
            max_upload_size=max_upload_mebibytes(settings),
            key=key,
            on_change=_take,
            args=(key, tray, picture_sender(settings), EXPLAINED if explain else 0),
            label_visibility="collapsed",
        )


def _take(key: str, tray: Tray, sender: Sender, explained: int) -> None:
    files: Sequence[UploadedFile] = st.session_state[key] or []
    left_out = tray.add(((file.name, file.getvalue()) for file in files), sender, explained=explained)
    st.session_state[DROPS] += 1
    if left_out:
        st.toast(
            f"This page holds {CAPACITY} pictures; {left_out} found no place. `meadow classify FOLDER` takes more.",
            icon=":material/info:",
        )


def _answers(tray: Tray, settings: Settings, classes: Sequence[str], *, live: bool) -> None:
    groups = tray.groups()
    tray.make_room()
    st.html(ribbon(groups, classes))
    chosen = _actions(tray, picture_sender(settings))
    pictures = [picture for picture in tray.pictures if chosen in {ALL, group_of(picture)}]
    shown = st.session_state.setdefault(SHOWN, PAGE_OF_CARDS)
    with st.container(key="cards"):
        for picture in pictures[:shown]:
            _slot(picture, classes, settings)
    if len(pictures) > shown:
        st.button(f"Show more ({len(pictures) - shown} left)", key="more", on_click=_show_more)
    if live and not tray.pending:
        st.rerun()


def _slot(picture: Picture, classes: Sequence[str], settings: Settings) -> None:
    with st.container(key=f"slot-{picture.number}", gap=None):
        st.html(card(picture, classes))
        # Without the model's classes, as while the gateway is down, there is nothing to choose from.
        if picture.prediction and classes:
            st.fragment(say_control)(picture, classes, page_client(settings))


def _show_more() -> None:
    st.session_state[SHOWN] += PAGE_OF_CARDS


def _actions(tray: Tray, sender: Sender) -> str:
    names = {
        ALL: "All",
        Group.UNSURE: "Unsure",
        Group.UNKNOWN: "Unknown",
        Group.FAILED: "Without answer",
        Group.PENDING: "Still out",
    }
    groups = sorted(tray.groups(), key=lambda group: (group in names, group))
    with st.container(horizontal=True, key="actions", vertical_alignment="center"):
        chosen: str | None = ALL
        if not tray.pending and len(groups) > 1:
            chosen = st.pills(
                "Show",
                [ALL, *groups],
                default=ALL,
                format_func=lambda group: names.get(group) or plain(group),
                label_visibility="collapsed",
                key="group",
            )
        st.space("stretch")
        if tray.failed and st.button("Try again", icon=":material/refresh:", key="retry"):
            tray.retry(sender)
            st.rerun()
        st.download_button(
            "Results as CSV",
            lambda: to_csv(tray.pictures),
            file_name="meadow-results.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            disabled=len(tray.pictures) == tray.pending,
            key="download",
        )
        if st.button("Clear", icon=":material/close:", type="tertiary", key="clear"):
            tray.clear()
            st.session_state[SHOWN] = PAGE_OF_CARDS
            st.rerun()
    return chosen or ALL
