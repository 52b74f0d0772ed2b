"""Model versions, and which of them is in production."""

from pydantic import BaseModel

from meadow.client.aio.calls.base import AsyncCalls
from meadow.client.wire import JSON_BODY, json_headers, parsed, quoted
from meadow.schemas.models import ModelInfo
from meadow.schemas.promotion import ModelDetail, ProductionChange
from meadow.schemas.similar_images import SimilarImages


class AsyncModelCalls(AsyncCalls):
    """The registry."""

    async def current_model(self) -> ModelInfo:
        """The model in production."""
        return parsed(ModelInfo, await self._transport.send("GET", "/v1/models/current"))

    async def models(self) -> list[ModelInfo]:
        """All registered model versions."""
        return parsed(list[ModelInfo], await self._transport.send("GET", "/v1/models"))

    async def model(self, version: str) -> ModelDetail:
        """One version, and each time that it came into production."""
        return parsed(ModelDetail, await self._transport.send("GET", _model(version)))

    async def similar_to(self, version: str, embedding: str, *, count: int = 5) -> SimilarImages:
        """The training images of a version most like an image of a batch.

        Args:
            version: The one that answered the image.
            embedding: `Prediction.embedding` of the result.
            count: How many, at most.
        """
        params: dict[str, str | int] = {"embedding": embedding, "count": count}
        return parsed(SimilarImages, await self._transport.send("GET", f"{_model(version)}/neighbours", params=params))

    async def promote(self, version: str, *, reason: str = "", force: bool = False) -> ProductionChange:
        """Put a version into production.

        Args:
            version: Its number.
            reason: Why; kept in the history.
            force: Promote despite a gate refusal or a missing bundle digest.
        """
        content = _Promotion(reason=reason, force=force).model_dump_json().encode()
        response = await self._transport.send("POST", f"{_model(version)}:promote", headers=JSON_BODY, content=content)
        return parsed(ProductionChange, response)

    async def roll_back(self, *, reason: str = "", idempotency_key: str | None = None) -> ProductionChange:
        """Put back the version that served before; each further call goes one version further back.

        Args:
            reason: Why; kept in the history.
            idempotency_key: A call that is repeated under the same key goes no further back.
        """
        content = _Promotion(reason=reason).model_dump_json(exclude_defaults=True).encode()
        return parsed(
            ProductionChange,
            await self._transport.send(
                "POST", "/v1/models:rollback", headers=json_headers(idempotency_key), content=content
            ),
        )


class _Promotion(BaseModel):
    reason: str
    force: bool = False


def _model(version: str) -> str:
    return f"/v1/models/{quoted(version)}"
