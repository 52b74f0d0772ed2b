"""Model page: the model in production, its answer quality, and other versions."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from meadow.client import ClientError
from meadow.schemas.models import PRODUCTION_ALIAS, ModelInfo
from meadow_ui.gateway import page_client, production_model
from meadow_ui.markup import ago, badge, class_colour, digest, facts, percent, table, tile, tiles
from meadow_ui.model.quality import quality_section
from meadow_ui.notices import error_notice, no_model_notice
from meadow_ui.settings import PageSettings


def model_page() -> None:
    """Draw the page."""
    settings = PageSettings.load()
    client = page_client(settings)
    st.title("Model")
    try:
        current = production_model(client)
        versions = client.models()
    except ClientError as error:
        error_notice(error)
        return
    if current is None:
        no_model_notice()
    else:
        _production(current)
        registry = f"{settings.mlflow_page}/#/models/{current.ref.name}/versions/{current.ref.version}"
        st.link_button("Open in MLflow", registry, icon=":material/open_in_new:")
        quality_section(client, current)
    others = [version for version in versions if current is None or version.ref.version != current.ref.version]
    _others(others, beside=current is not None)


def _production(model: ModelInfo) -> None:
    st.html(
        f'<p class="lead"><b>{escape(model.ref.name)}</b>, version {escape(model.ref.version)} '
        f"{badge('in production', 'good')}</p>"
    )
    st.html(
        tiles(
            [
                tile("Hold-out accuracy", percent(model.holdout_accuracy), "on images not used for training"),
                tile("Architecture", model.architecture),
                tile("Input", f"{model.image_size} \N{MULTIPLICATION SIGN} {model.image_size}", "pixels"),
                tile("Classes", str(len(model.classes))),
            ]
        )
    )
    classes = "".join(
        f'<li class="{class_colour(label, model.classes)}"><i></i>{escape(label)}</li>' for label in model.classes
    )
    st.html(
        facts(
            [
                ("Classes", f"<ul class='legend'>{classes}</ul>"),
                ("Digest", digest(model.ref.digest)),
                ("Data set", digest(model.dataset_digest)),
                ("Registered", escape(_when(model))),
                ("Decision", _decision(model)),
            ]
        )
    )


def _others(models: Sequence[ModelInfo], *, beside: bool) -> None:
    if not models:
        if beside:
            st.html('<p class="quiet">No other versions yet. Each training run adds one.</p>')
        return
    st.subheader("Other versions")
    newest_first = sorted(models, key=lambda model: _number(model.ref.version), reverse=True)
    st.html(
        table(
            ("Version", "Hold-out", "Architecture", "Data set", "Digest", "Registered", "Decision"),
            [
                (
                    f"<strong>{escape(model.ref.version)}</strong> {_aliases(model)}",
                    percent(model.holdout_accuracy),
                    f"{escape(model.architecture)}, {model.image_size}&nbsp;px",
                    digest(model.dataset_digest),
                    digest(model.ref.digest),
                    f"{model.created_at:%d %b %Y}" if model.created_at else "unknown",
                    _decision(model),
                )
                for model in newest_first
            ],
        )
    )


def _aliases(model: ModelInfo) -> str:
    return " ".join(badge(alias, "quiet") for alias in model.aliases if alias != PRODUCTION_ALIAS)


def _when(model: ModelInfo) -> str:
    return f"{model.created_at:%d %B %Y, %H:%M %Z} ({ago(model.created_at)})" if model.created_at else "unknown"


def _decision(model: ModelInfo) -> str:
    if not model.decision:
        return "none recorded"
    return f"{badge(model.decision, 'good' if model.decision == 'promoted' else 'quiet')} {escape(model.reason)}"


def _number(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isdigit() else (-1, version)
