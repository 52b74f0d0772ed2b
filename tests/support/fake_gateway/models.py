"""The model versions of a fake gateway: promoted and rolled back as a gateway does it."""

import re
from datetime import UTC, datetime

from fake_gateway.server import Answer, Asked, problem_answer
from meadow.schemas.models import PRODUCTION_ALIAS, GateDecision, ModelInfo
from meadow.schemas.promotion import ModelDetail, ProductionChange, Promotion, PromotionKind

_PATH = re.compile(r"/v1/models/([^/:]+)(:promote)?")


class FakeProduction:
    """Which of the versions is in production."""

    def __init__(self) -> None:
        self.history: list[Promotion] = []

    def respond(self, request: Asked, models: list[ModelInfo]) -> Answer | None:
        """Answer a request about one version, changing the list if that is what is asked for."""
        if (request.method, request.path) == ("POST", "/v1/models:rollback"):
            return self._roll_back(request, models)
        found = _PATH.fullmatch(request.path)
        if found is None or found[1] == "current":
            return None
        info = next((model for model in models if model.ref.version == found[1]), None)
        if info is None:
            return problem_answer("not-found", 404, f"There is no model version {found[1]}.")
        if found[2]:
            return self._promote(request, info, models)
        promotions = [change for change in self.history if change.version == info.ref.version]
        return _body(ModelDetail(**info.model_dump(), promotions=promotions))

    def promote(self, info: ModelInfo, models: list[ModelInfo]) -> Answer:
        """Put a version of the list into production."""
        return self._move(info, models, PromotionKind.PROMOTED)

    def _promote(self, request: Asked, info: ModelInfo, models: list[ModelInfo]) -> Answer:
        if info.decision == GateDecision.REFUSED and b'"force":true' not in request.body:
            return problem_answer("promotion-refused", 409, f"The gate refused version {info.ref.version}.")
        return self.promote(info, models)

    def _roll_back(self, request: Asked, models: list[ModelInfo]) -> Answer:
        del request
        serving = _serving(models)
        served = self._served()
        if len(served) < 2:
            return problem_answer("promotion-refused", 409, f"None is on record that served before version {serving}.")
        info = next(model for model in models if model.ref.version == served[-2])
        return self._move(info, models, PromotionKind.ROLLED_BACK)

    def _served(self) -> list[str]:
        """The versions to go back by, the one in production last."""
        served: list[str] = []
        for change in self.history:
            if change.kind is PromotionKind.ROLLED_BACK:
                served.pop()
            else:
                served += [change.previous, change.version] if change.previous and not served else [change.version]
        return served

    def _move(self, info: ModelInfo, models: list[ModelInfo], kind: PromotionKind) -> Answer:
        serving = _serving(models)
        if serving == info.ref.version:
            return _body(ProductionChange(changed=False, model=info))
        self.history.append(
            Promotion(version=info.ref.version, previous=serving, kind=kind, at=datetime.now(UTC), by="anonymous")
        )
        for place, model in enumerate(models):
            others = [alias for alias in model.aliases if alias != PRODUCTION_ALIAS]
            mine = [PRODUCTION_ALIAS] if model.ref == info.ref else []
            models[place] = model.model_copy(update={"aliases": [*others, *mine]})
        now = next(model for model in models if model.ref == info.ref)
        return _body(ProductionChange(changed=True, model=now, promotion=self.history[-1]))


def _serving(models: list[ModelInfo]) -> str:
    return next((model.ref.version for model in models if PRODUCTION_ALIAS in model.aliases), "")


def _body(model: ModelDetail | ProductionChange) -> Answer:
    return Answer(200, model.model_dump_json().encode())
