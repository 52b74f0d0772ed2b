"""The application: its parts, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI

from meadow_api.auth import ApiKeys, require_caller
from meadow_api.body_limit import BodyLimit
from meadow_api.content_coding import ContentCoding
from meadow_api.head_requests import HeadRequests
from meadow_api.metrics import GatewayMetrics
from meadow_api.openapi import complete
from meadow_api.problem_responses import add_problem_handlers
from meadow_api.repeated_query import refuse_repeated_parameters
from meadow_api.request_id import RequestId
from meadow_api.request_metrics import RequestMetrics
from meadow_api.request_traces import RequestTraces
from meadow_api.resources import open_resources
from meadow_api.routes import (
    batch_forms,
    batch_packs,
    batches,
    classifications,
    corrections,
    dataset_images,
    datasets,
    events,
    explanations,
    feedback,
    health,
    jobs,
    label_suspects,
    limits,
    models,
    quality,
    results,
    reviews,
    similar_images,
    status,
    training_runs,
    uploads,
)
from meadow_core.settings.services import ApiSettings
from meadow_core.webhooks.rules import WebhookRules

DESCRIPTION = """
Submit images, poll for answers. A job is accepted with `202` and a `Location`; poll it there, or let the gateway hold
the request with `Prefer: wait=N` until the job is finished. Every error is `application/problem+json` (RFC 9457) with a
stable `code`.
"""


class _Gateway(FastAPI):
    """Describes itself with the problems that it answers."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            api_keys: ApiKeys = self.state.api_keys
            self.openapi_schema = complete(super().openapi(), keys_needed=not api_keys.none_needed)
        return self.openapi_schema


def create_app(settings: ApiSettings) -> FastAPI:
    """Build the gateway.

    Raises:
        InsecureSettingsError: It would listen beyond this machine without asking for API keys.
        WebhookSettingsError: A secret or a network of webhooks is malformed.
    """
    api_keys = ApiKeys.from_settings(settings)
    webhooks = WebhookRules.from_settings(settings)
    metrics = GatewayMetrics(settings.home)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(settings, metrics, webhooks) as resources:
            app.state.resources = resources
            yield

    app = _Gateway(
        title="Meadow",
        version=version("meadow-api"),
        summary="Image classification, submit and poll.",
        description=DESCRIPTION,
        lifespan=lifespan,
        # A redirect would answer for another resource: the list, where a name in a path is empty.
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.api_keys = api_keys
    add_problem_handlers(app, metrics)
    for module in (
        classifications,
        batch_forms,  # before what takes the same path in other types
        batches,
        batch_packs,
        uploads,
        jobs,
        events,
        results,
        explanations,
        similar_images,
        corrections,
        feedback,
        reviews,
        dataset_images,
        label_suspects,
        datasets,
        training_runs,
        models,
        quality,
        status,
        limits,
    ):
        app.include_router(module.router, dependencies=[Depends(require_caller), Depends(refuse_repeated_parameters)])
    app.include_router(health.router)
    # The last one added sees a request first.
    app.add_middleware(HeadRequests)
    app.add_middleware(BodyLimit, settings=settings, metrics=metrics)
    app.add_middleware(ContentCoding, metrics=metrics)
    app.add_middleware(RequestMetrics, metrics=metrics)
    app.add_middleware(RequestTraces)
    app.add_middleware(RequestId)
    return app
