"""Which version is in production: everything that changes it goes through here, is checked, and leaves a record."""

import hashlib
from datetime import UTC, datetime

from meadow.errors import MeadowError
from meadow.schemas.models import PRODUCTION_ALIAS, GateDecision, ModelInfo
from meadow.schemas.problems import ProblemCode
from meadow.schemas.promotion import ModelDetail, ProductionChange, Promotion, PromotionKind
from meadow_core.errors import ProblemError
from meadow_core.registry.promotion_history import served_in_order
from meadow_core.registry.versions import ModelRegistry, RegistryError

MAX_REASON_CHARACTERS = 1000


class ProductionMovedError(MeadowError):
    """Another version is in production than the caller has compared with."""


class Production:
    """The registry's alias `production`, with its history.

    MLflow moves an alias without a condition, so two callers at one moment both succeed, and the later one counts;
    each is on record.
    """

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry

    def detail(self, version: str) -> ModelDetail:
        """Return a version, and each time that it came into production.

        Raises:
            ProblemError: There is no such version.
            RegistryError: MLflow does not answer.
        """
        info = self._known(version)
        promotions = [change for change in self._registry.promotions() if change.version == info.ref.version]
        return ModelDetail(**info.model_dump(), promotions=promotions)

    def promote(
        self,
        version: str,
        *,
        by: str,
        reason: str = "",
        force: bool = False,
        expected: str | None = None,
        request: str = "",
    ) -> ProductionChange:
        """Put a version into production; nothing changes if it is there.

        Args:
            version: Its number.
            by: Who wants it.
            reason: Why.
            force: Promote also what the gate refused or what is no bundle, which workers refuse then.
            expected: The version that must be in production now, empty for none; None for any.
            request: What marks a repetition of the same request; empty for none.

        Raises:
            ProblemError: There is no such version, or it needs force.
            ProductionMovedError: Another version than the expected one is in production.
            RegistryError: MLflow does not answer.
        """
        info = self._known(version)
        current = self._registry.production()
        serving = current.ref.version if current else ""
        if expected is not None and serving != expected:
            raise ProductionMovedError(f"Version {serving or 'none'} is in production, not {expected or 'none'}.")
        history = self._registry.promotions()
        if repeated := _repeated(history, request):
            if (repeated.version, repeated.kind) != (info.ref.version, PromotionKind.PROMOTED):
                raise _key_reused()
            return self._unchanged(current or info, repeated)
        if serving == info.ref.version:
            return self._unchanged(info, _last(history, serving))
        if not force:
            _check(info)
        return self._move(info, serving, PromotionKind.PROMOTED, by=by, reason=reason, request=request)

    def rollback(self, *, by: str, reason: str = "", request: str = "") -> ProductionChange:
        """Put back the version that served before; again, the one before that.

        Versions that were deleted meanwhile, or that are no bundle, are passed over.

        Args:
            by: Who wants it.
            reason: Why.
            request: What marks a repetition of the same request, which must not go back twice; empty for none.

        Raises:
            ProblemError: Nothing is in production, or nothing served before.
            RegistryError: MLflow does not answer.
        """
        current = self._registry.production()
        if current is None:
            raise ProblemError(ProblemCode.NO_MODEL, "No model is in production yet: there is nothing to roll back.")
        history = self._registry.promotions()
        if repeated := _repeated(history, request):
            if repeated.kind is not PromotionKind.ROLLED_BACK:
                raise _key_reused()
            return self._unchanged(current, repeated)
        serving = current.ref.version
        for version in reversed(served_in_order(history, serving)[:-1]):
            info = self._registry.version(version)
            if info is not None and info.ref.digest and version != serving:
                return self._move(info, serving, PromotionKind.ROLLED_BACK, by=by, reason=reason, request=request)
        raise ProblemError(
            ProblemCode.PROMOTION_REFUSED,
            f"Version {serving} is in production, and none is on record that served before it. "
            "Promote the one you want: meadow models promote VERSION.",
        )

    def _move(
        self, info: ModelInfo, previous: str, kind: PromotionKind, *, by: str, reason: str, request: str
    ) -> ProductionChange:
        """Write the record, then move the alias; `served_in_order` sees past a record that a crash left alone."""
        version = info.ref.version
        promotion = Promotion(
            version=version,
            previous=previous,
            kind=kind,
            at=datetime.now(UTC),
            by=by,
            reason=reason[:MAX_REASON_CHARACTERS],
            request=_digest(request),
        )
        self._registry.add_promotion(promotion)
        try:
            self._registry.set_alias(PRODUCTION_ALIAS, version)
        except RegistryError:
            self._registry.remove_promotion(promotion)
            raise
        aliases = sorted({*info.aliases, PRODUCTION_ALIAS})
        return ProductionChange(changed=True, model=info.model_copy(update={"aliases": aliases}), promotion=promotion)

    def _unchanged(self, info: ModelInfo, promotion: Promotion | None) -> ProductionChange:
        return ProductionChange(changed=False, model=info, promotion=promotion)

    def _known(self, version: str) -> ModelInfo:
        info = self._registry.version(version)
        if info is None:
            raise ProblemError(ProblemCode.NOT_FOUND, f"There is no model version {version}. `meadow models` has all.")
        return info


def _check(info: ModelInfo) -> None:
    version = info.ref.version
    if not info.ref.digest:
        detail = f"Version {version} carries no bundle digest: no worker can load it. Force it if it must be."
        raise ProblemError(ProblemCode.PROMOTION_REFUSED, detail)
    if info.decision == GateDecision.REFUSED:
        detail = f"The gate refused version {version}: {info.reason} Force it if it must be."
        raise ProblemError(ProblemCode.PROMOTION_REFUSED, detail)


def _repeated(history: list[Promotion], request: str) -> Promotion | None:
    digest = _digest(request)
    return next((change for change in history if digest and change.request == digest), None)


def _last(history: list[Promotion], version: str) -> Promotion | None:
    return next((change for change in reversed(history) if change.version == version), None)


def _digest(request: str) -> str:
    return hashlib.sha256(request.encode()).hexdigest()[:32] if request else ""


def _key_reused() -> ProblemError:
    return ProblemError(
        ProblemCode.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key was used for another change of production."
    )
