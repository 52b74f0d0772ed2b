"""Classify page: upload images and see the answers arrive."""

from collections.abc import Sequence
from html import escape

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from meadow.client import ClientError
from meadow.image_files.types import IMAGE_SUFFIXES
from meadow.schemas.models import ModelInfo
from meadow_ui.classify.cards import card, summary_bar
from meadow_ui.classify.feedback import feedback_control
from meadow_ui.classify.picture import Picture
from meadow_ui.classify.results_csv import to_csv
from meadow_ui.classify.sender import Sender
from meadow_ui.classify.upload_list import CAPACITY, Group, UploadList, group_of
from meadow_ui.gateway import page_client, picture_sender, production_model
from meadow_ui.markup import plain
from meadow_ui.notices import error_notice, no_model_notice, notice
from meadow_ui.options import max_upload_mebibytes
from meadow_ui.settings import PageSettings

IMAGE_TYPES = sorted(suffix.removeprefix(".") for suffix in IMAGE_SUFFIXES)
REFRESH_SECONDS = 0.7
PAGE_OF_CARDS = 60
EXPLAINED = 12
"""Most images explained per upload, for others wait for the workers too."""

UPLOAD_LIST = "upload-list"
UPLOADS = "uploads"
SHOWN = "shown"
ALL = "All"
IMAGES = "Images"
FOLDER = "Folder"


def classify_page() -> None:
    """Draw the page."""
    settings = PageSettings.load()
    uploads: UploadList = st.session_state.setdefault(UPLOAD_LIST, UploadList())
    st.title("Classify images")
    model = _model(settings)
    if model is not None:
        _drop_zone(settings, uploads)
    if uploads.pictures:
        # The answers refresh by themselves while some are pending.
        classes = model.classes if model else []
        every = REFRESH_SECONDS if uploads.pending else None
        st.fragment(_answers, run_every=every)(uploads, settings, classes, live=every is not None)
    elif model is not None:
        notice(
            "No images yet",
            "Answers appear here as they arrive, each with its most likely classes. "
            "If the model is not confident, the answer is <em>unsure</em>.",
        )


def _model(settings: PageSettings) -> ModelInfo | None:
    try:
        model = production_model(page_client(settings))
    except ClientError as error:
        error_notice(error)
        return None
    if model is None:
        no_model_notice()
        return None
    names = [f"<b>{escape(label)}</b>" for label in model.classes]
    task = " from ".join(names) if len(names) == 2 else f"{len(names)} classes"  # noqa: PLR2004 - a pair
    st.html(f'<p class="lead">Model {escape(model.ref.version)} is in production. It distinguishes {task}.</p>')
    return model


def _drop_zone(settings: PageSettings, uploads: UploadList) -> None:
    kind = st.segmented_control("Upload", [IMAGES, FOLDER], default=IMAGES, label_visibility="collapsed")
    # A new key empties the drop zone: the images live in the upload list, not in the widget.
    key = f"drop-{st.session_state.setdefault(UPLOADS, 0)}-{kind}"
    explain = kind == IMAGES and st.toggle(
        "Explain",
        key="explain",
        help="Show which regions of an image each answer is based on, and the training images most like it. This takes "
        f"about 100 times as long, so only the first {EXPLAINED} images of an upload are explained.",
    )
    with st.container(key="folder" if kind == FOLDER else "images"):
        st.file_uploader(
            "Drop a folder here" if kind == FOLDER else "Drop images here",
            type=IMAGE_TYPES,
            accept_multiple_files="directory" if kind == FOLDER else True,
            max_upload_size=max_upload_mebibytes(settings),
            key=key,
            on_change=_add,
            args=(key, uploads, picture_sender(settings), EXPLAINED if explain else 0),
            label_visibility="collapsed",
        )


def _add(key: str, uploads: UploadList, sender: Sender, explained: int) -> None:
    files: Sequence[UploadedFile] = st.session_state[key] or []
    left_out = uploads.add(((file.name, file.getvalue()) for file in files), sender, explained=explained)
    st.session_state[UPLOADS] += 1
    if left_out:
        st.toast(
            f"This page holds up to {CAPACITY} images; {left_out} not added. For more, run `meadow classify FOLDER`.",
            icon=":material/info:",
        )


def _answers(uploads: UploadList, settings: PageSettings, classes: Sequence[str], *, live: bool) -> None:
    groups = uploads.groups()
    uploads.make_room()
    st.html(summary_bar(groups, classes))
    chosen = _actions(uploads, picture_sender(settings))
    pictures = [picture for picture in uploads.pictures if chosen in {ALL, group_of(picture)}]
    shown = st.session_state.setdefault(SHOWN, PAGE_OF_CARDS)
    with st.container(key="cards"):
        for picture in pictures[:shown]:
            _slot(picture, classes, settings)
    if len(pictures) > shown:
        st.button(f"Show more ({len(pictures) - shown} remaining)", key="more", on_click=_show_more)
    if live and not uploads.pending:
        st.rerun()


def _slot(picture: Picture, classes: Sequence[str], settings: PageSettings) -> None:
    with st.container(key=f"slot-{picture.number}", gap=None):
        st.html(card(picture, classes))
        # There is nothing to choose from without the model's classes, for instance while the gateway is down.
        if picture.prediction and classes:
            st.fragment(feedback_control)(picture, classes, page_client(settings))


def _show_more() -> None:
    st.session_state[SHOWN] += PAGE_OF_CARDS


def _actions(uploads: UploadList, sender: Sender) -> str:
    names = {
        ALL: "All",
        Group.UNSURE: "Unsure",
        Group.UNKNOWN: "Unknown",
        Group.FAILED: "No answer",
        Group.PENDING: "Pending",
    }
    groups = sorted(uploads.groups(), key=lambda group: (group in names, group))
    with st.container(horizontal=True, key="actions", vertical_alignment="center"):
        chosen: str | None = ALL
        if not uploads.pending and len(groups) > 1:
            chosen = st.pills(
                "Show",
                [ALL, *groups],
                default=ALL,
                format_func=lambda group: names.get(group) or plain(group),
                label_visibility="collapsed",
                key="group",
            )
        st.space("stretch")
        if uploads.failed and st.button("Retry", icon=":material/refresh:", key="retry"):
            uploads.retry(sender)
            st.rerun()
        st.download_button(
            "Download CSV",
            lambda: to_csv(uploads.pictures),
            file_name="meadow-results.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            disabled=len(uploads.pictures) == uploads.pending,
            key="download",
        )
        if st.button("Clear", icon=":material/close:", type="tertiary", key="clear"):
            uploads.clear()
            st.session_state[SHOWN] = PAGE_OF_CARDS
            st.rerun()
    return chosen or ALL
