from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx

from meadow.schemas.limits import Limits


def test_limits_are_those_of_the_settings(gateway_with: Callable[..., AbstractContextManager[httpx.Client]]) -> None:
    with gateway_with(max_image_bytes=1000, max_pack_items=7) as gateway:
        limits = Limits.model_validate_json(gateway.get("/v1/limits").content)
        assert (limits.max_image_bytes, limits.max_pack_items) == (1000, 7)
        assert limits.max_scaled_pixels == 4 * limits.max_image_pixels
        assert {"JPEG", "HEIF", "AVIF"} <= set(limits.readable_formats)
        too_large = gateway.post("/v1/classifications", content=b"x" * 1001, headers={"Content-Type": "image/jpeg"})
        assert too_large.status_code == 413
