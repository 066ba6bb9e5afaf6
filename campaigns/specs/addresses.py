"""Which hosts a spec from the web may reach: public addresses, and beside them what the operator allows.

A name is looked up when a spec is checked. It is not pinned: whoever owns the name's DNS can answer with a public
address now and a private one later (DNS rebinding). docs/web.md says what an operator does about that.
"""

import re
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from probewright.errors import ConfigError

VARIABLE = "PROBEWRIGHT_ALLOW_PRIVATE"
PATIENCE_S = 5.0
LOOKUPS_AT_ONCE = 8

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_NUMBERS = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, section 2.5.5.1, deprecated: likewise

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be reached although it is not public."""

    is_everything: bool = False
    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def holds(self, address: Address) -> bool:
        """Whether one of the networks has this address."""
        return any(address.version == network.version and address in network for network in self.networks)


def read_allowed(value: str) -> Allowed:
    """What the operator allows: ``1`` for everything, else hosts and networks separated by commas.

    Raises:
        ConfigError: a part with a slash is no network.
    """
    parts = [part.strip().lower() for part in value.split(",") if part.strip()]
    if parts in (["1"], ["0"], []):
        return Allowed(is_everything=parts == ["1"])
    hosts, networks = set(), []
    for part in parts:
        if "/" not in part:
            hosts.add(_bare(part))
            continue
        try:
            networks.append(ip_network(part, strict=False))
        except ValueError as error:
            raise ConfigError(f"{VARIABLE}: {part!r} is no network; allowed: 1, or hosts and networks") from error
    return Allowed(hosts=frozenset(hosts), networks=tuple(networks))


def refusal(host: str, allowed: Allowed) -> str:
    """Why a host may not be reached, in one line; empty where it may."""
    if allowed.is_everything or _bare(host) in allowed.hosts:
        return ""
    try:
        addresses = resolve(_bare(host))
    except OSError as error:
        return f"the host {host!r} cannot be looked up: {error.strerror or error}"
    hidden = [address for address in addresses if not is_public(address) and not allowed.holds(address)]
    if not hidden:
        return ""
    shown = str(hidden[0])
    named = f"{host!r}" if shown == host else f"{host!r} ({shown})"
    return f"the host {named} is no public address; the operator can allow it with {VARIABLE}"


def resolve(host: str) -> tuple[Address, ...]:
    """Every address of a host: written in any form that the system's resolver takes, or looked up.

    Raises:
        OSError: there is none, or the lookup took too long.
    """
    written = _written(host)
    if written is not None:
        return (written,)
    try:
        found = _lookups().submit(socket.getaddrinfo, host, None, 0, socket.SOCK_STREAM).result(PATIENCE_S)
    except TimeoutError as error:
        raise OSError(f"no answer within {PATIENCE_S:g} s") from error
    except UnicodeError as error:
        raise OSError("it is no host name") from error
    return tuple(dict.fromkeys(_address(str(entry[4][0])) for entry in found))


def is_public(address: Address) -> bool:
    """Whether an address is reachable by anybody: not private, loopback, link-local, shared, reserved or multicast.

    An IPv6 address that carries an IPv4 address is as public as that one.
    """
    inner = tuple(_carried(address))
    if inner:
        return all(is_public(carried) for carried in inner)
    is_site_local = isinstance(address, IPv6Address) and address.is_site_local  # RFC 3879: private, though deprecated
    return address.is_global and not (address.is_multicast or address.is_reserved or is_site_local)


def _carried(address: Address) -> Iterable[IPv4Address]:
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def _written(host: str) -> Address | None:
    """The address that ``host`` spells, also as 127.1, 0x7f.1 or 2130706433; None for a name."""
    try:
        return _address(host)
    except ValueError:
        pass
    if not _NUMBERS.fullmatch(host):  # inet_aton ignores what follows a space, and a lookup does not
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _address(text: str) -> Address:
    return ip_address(text.partition("%")[0] if ":" in text else text)  # a link-local IPv6 one may name its interface


def _bare(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


@cache
def _lookups() -> ThreadPoolExecutor:
    """Threads for lookups, which nothing else can interrupt."""
    return ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="probewright-lookup")
