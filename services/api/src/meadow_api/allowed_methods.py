"""Which methods a path takes, over all its routes: Starlette's own 405 names those of the first one alone."""

import re

from fastapi import FastAPI

_PARAMETER = re.compile(r"\\{\w+\\}")
_ANY_ID = "[^/:]+"
"""No id has a colon: `/v1/jobs/{id}:cancel` is a resource of its own, which `/v1/jobs/{id}` is not."""


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """Return the methods that a path takes; none for one that is no part of the API's description."""
    taken = {
        method.upper()
        for template, operations in app.openapi()["paths"].items()
        if re.fullmatch(_PARAMETER.sub(_ANY_ID, re.escape(template)), path)
        for method in operations
    }
    return sorted(taken | {"HEAD"} if "GET" in taken else taken)
