"""Where a request comes from, as far as that can be trusted."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """Return the visitor's IP address, or ``None`` where there is none that makes sense.

    Behind `LOCKSITE_PROXIES` proxies it is the entry of X-Forwarded-For that the outermost of them
    wrote; what stands further left is the visitor's own claim.
    """
    address = request.META.get("REMOTE_ADDR", "")
    proxies = settings.LOCKSITE_PROXIES
    if proxies:
        chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(chain) >= proxies:
            address = chain[-proxies]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
