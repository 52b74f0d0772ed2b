"""Without API keys every program on this machine may call; web pages that its browsers show may not.

A page of any site can have a form sent to a loopback address, without being able to read the answer; and one whose name
is pointed at this machine once it is open (DNS rebinding) could read, too.
"""

from functools import lru_cache
from ipaddress import ip_address

from starlette.requests import Request

from meadow.schemas.problems import ProblemCode
from meadow_core.errors import ProblemError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PRIVATE_DOMAINS = (".localhost", ".local", ".internal")
"""What no public name server answers for."""
HOSTS_REMEMBERED = 256
WAY_OUT = "Make a key (meadow keys new NAME), set its hash as MEADOW_API_KEYS, and send the key."


def refuse_cross_site_request(request: Request) -> None:
    """Raise if a browser may be calling for another site's page. Programs send nothing that speaks against them.

    Raises:
        ProblemError: The request changes something for a foreign page, or asks for a name that anybody could have made.
    """
    headers = request.headers
    host = headers.get("host", "")
    if not _is_private(host):
        raise ProblemError(
            ProblemCode.FOREIGN_PAGE,
            f"Without API keys the gateway does not answer as {host!r}: anybody's web page could be named so. "
            f"Ask for http://127.0.0.1, or let a proxy do so. Otherwise: {WAY_OUT}",
        )
    if request.method in SAFE_METHODS:
        return
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    # Behind a proxy that changes the host, the browser still knows where its page is from.
    if site == "cross-site" or (site != "same-origin" and origin and origin.partition("://")[2] != host):
        raise ProblemError(
            ProblemCode.FOREIGN_PAGE,
            f"Without API keys the gateway changes nothing for a web page of {origin or 'another site'}. Call from a "
            f"program, or from that page's server. Otherwise: {WAY_OUT}",
        )


@lru_cache(HOSTS_REMEMBERED)
def _is_private(host: str) -> bool:
    """Whether a name is none that can be had in public: an address, a name without a domain, or in a private domain."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0].lower().removesuffix(".")
    try:
        ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(PRIVATE_DOMAINS)
    return True
