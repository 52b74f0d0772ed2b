"""The parameters of lists that are read by the page."""

from typing import Annotated

from fastapi import Query

PageToken = Annotated[
    str,
    Query(
        description="`next_page_token` of the page before; empty for the first one.",
        json_schema_extra={"pattern": r"^([0-9]{1,15})?$"},
    ),
]
ResultsToken = Annotated[
    str,
    Query(
        description="`next_page_token` of the page before; empty for the first one.",
        json_schema_extra={"pattern": r"^([0-9]{1,15}\.[0-9]{1,15})?$"},
    ),
]
"""A pack, and a place in it."""
