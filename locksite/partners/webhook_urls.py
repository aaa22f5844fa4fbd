"""Which addresses a webhook may be sent to; pure.

Whoever may name an address that we call could reach, through us, what only we can reach: our own
machine, the hotel's network, the cloud's metadata service. So the address has to be public, and is
judged three times: as text here, after looking up the host's name when the webhook is made, and
again at every connection, where the very address that was judged is the one that is called.

Addresses are read by the library that also connects: two readers may see two hosts in one text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from locksite.errors import RuleBroken

LONGEST: Final = 500

# What `is_global` calls global although it leads to special places, or into IPv4 by a detour.
_DENIED_4: Final = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24")))
_DENIED_6: Final = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_UNICAST_6: Final = ip_network("2000::/3")

_VISIBLE: Final = re.compile(r"[!-~]+")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


def is_public(text: str) -> bool:
    """Return whether an IP address, as text, is one that anybody on the internet can reach."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _DENIED_4)
    # Only plain unicast: the rest of IPv6 is local, special or leads into IPv4.
    return address in _UNICAST_6 and not any(address in network for network in _DENIED_6)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes; `host` without brackets."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where webhooks may go.

    `ports` are those of public hosts. `hosts` are excepted from every rule but the form of the
    address, by name (`printer.lan`) or by name and port (`127.0.0.1:8080`); http is allowed there.
    """

    ports: frozenset[int]
    hosts: frozenset[str]

    @classmethod
    def of(cls, ports: Iterable[int], hosts: Iterable[str]) -> "Places":
        """Return the places that two settings name."""
        return cls(frozenset(ports), frozenset(host.strip().lower() for host in hosts))

    def is_excepted(self, host: str, port: int) -> bool:
        """Return whether an administrator allowed this very host."""
        names = (host, f"[{host}]") if ":" in host else (host,)
        return any(name in self.hosts or f"{name}:{port}" in self.hosts for name in names)

    def target(self, url: str) -> Target:
        """Return where this address leads. Raises `RuleBroken` for one that is not allowed."""
        target = _read(url)
        if self.is_excepted(target.host, target.port):
            return target
        if target.scheme != "https":
            raise _refused("Use an address that begins with https://.")
        if target.port not in self.ports:
            listed = ", ".join(map(str, sorted(self.ports)))
            raise _refused(f"Port {target.port} is not allowed here; allowed: {listed}.")
        if _is_number(target.host) or ":" in target.host:
            if not is_public(target.host):
                raise not_public()
        elif "." not in target.host:
            raise _refused("Use the whole name of a host on the internet.")
        return target


def not_public() -> RuleBroken:
    """Return the refusal of a host that is, or has an address, inside some network."""
    return _refused("This host is not on the public internet.")


def _refused(message: str) -> RuleBroken:
    return RuleBroken("invalid_url", message, "url")


def _is_number(host: str) -> bool:
    """Return whether a host is meant as an IPv4 address: its last part is a number."""
    return _NUMBER.fullmatch(host.rpartition(".")[2]) is not None


def _read(url: str) -> Target:
    """Return the parts of an address that is written plainly; raises `RuleBroken` for others."""
    if len(url) > LONGEST:
        raise _refused(f"At most {LONGEST} characters.")
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        raise _refused("Use letters, digits and signs of ASCII, without spaces and backslashes.")
    scheme, separator, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not separator or not authority or scheme.lower() not in {"http", "https"}:
        raise _refused("Send an absolute address such as https://example.com/hooks.")
    if "@" in authority:
        raise _refused("Leave out the name and password before the host.")
    try:
        parts = parse_url(url)
        port = parts.port
    except (LocationParseError, ValueError):
        raise _refused("This is not an address that can be called.") from None
    host = parts.host or ""
    if host.startswith("["):
        host = host.strip("[]")
        try:
            IPv6Address(host)
        except ValueError:
            raise _refused("This is not an address that can be called.") from None
        is_plain = "%" not in host
    elif _is_number(host):
        try:
            IPv4Address(host)
            is_plain = True
        except ValueError:
            is_plain = False
    else:
        is_plain = len(host) <= 253 and all(map(_LABEL.fullmatch, host.split(".")))
    if not is_plain:
        raise _refused("Write the host as a plain name, or as an ordinary IP address.")
    found = parts.scheme or ""
    return Target(found, host, port if port is not None else {"http": 80}.get(found, 443))
