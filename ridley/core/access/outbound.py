"""The one client for requests to addresses that somebody else chose: a provider's, a webhook's.

It connects only to public addresses, on the ports of the web. What counts is the address that the socket connects to:
it is resolved once, every answer is held against the rules, and the connection is made to one of these answers, so no
name can mean another machine a moment later. TLS still checks the name. The installation can allow networks of its own
(RIDLEY_OUTBOUND_ALLOWED, any port there) and more ports (RIDLEY_OUTBOUND_PORTS). Every hop of a redirect is such a
connection. Proxies and .netrc of the environment are not looked at.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError

REDIRECTS = 5
SECONDS = 20.0
MAX_BYTES = 2_000_000
CHUNK = 65_536
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PUBLIC_V6 = IPv6Network("2000::/3")
# Not of the public internet, or (6to4, Teredo) a way to an IPv4 address that was not looked at. NAT64 and mapped
# addresses lie outside of 2000::/3.
NOT_PUBLIC = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)


class AddressRefused(requests.RequestException):
    """The address, or one that it leads to, is none that may be asked."""

    code = "address-refused"


class AnswerTooLarge(requests.RequestException):
    code = "answer-too-large"


class TookTooLong(requests.Timeout):
    code = "took-too-long"


class _Refused(Exception):
    """Inside urllib3, which takes every OSError, and so each of requests' errors, for trouble on the way."""


@dataclass(frozen=True)
class Rules:
    """What may be connected to."""

    networks: Sequence[Network] = ()
    ports: Collection[int] = frozenset({80, 443})

    def require_host(self, host: str) -> None:
        """Raise for a number that is no address as addresses are written: 2130706433, 0177.0.0.1, 0x7f.1."""
        last = host.rstrip(".").rpartition(".")[2]
        if NUMBER.fullmatch(last):
            with suppress(ValueError):
                if str(IPv4Address(host)) == host:
                    return
            raise _Refused(f"{host[:60]} is no address in its usual form.")

    def require(self, address: Address, port: int) -> None:
        """Raise unless a connection to this address and port is allowed."""
        if any(address in network for network in self.networks):
            return
        inside = address not in PUBLIC_V6 if address.version == 6 else not address.is_global
        if inside or any(address in network for network in NOT_PUBLIC):
            raise _Refused("It leads to an address that is not of the public internet.")
        if port not in self.ports:
            raise _Refused(f"Port {port} is not one of {', '.join(map(str, sorted(self.ports)))}.")


@dataclass
class _Sent(threading.local):
    """What the request that this thread sends is held to, and the sockets that it opened."""

    rules: Rules | None = None
    sockets: list[socket.socket] = field(default_factory=list)


_sent = _Sent()


class _Pinned(HTTPConnection):
    """A connection whose name is resolved here, once, and which goes to no address but those that were looked at."""

    def _new_conn(self) -> socket.socket:
        rules = _sent.rules
        assert rules is not None  # only our adapter makes these
        host = self._dns_host.strip("[]")
        rules.require_host(host)
        try:
            found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from error
        for *_, where in found:
            rules.require(ip_address(where[0]), self.port)
        return self._connected(found)

    def _connected(self, found: list[Any]) -> socket.socket:
        trouble: OSError | None = None
        for family, kind, protocol, _, where in found:
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(self.timeout if isinstance(self.timeout, int | float) else SECONDS)
                made.connect(where)
            except OSError as error:
                made.close()
                trouble = error
                continue
            _sent.sockets.append(made.dup())  # TLS takes the socket itself over; this one can still end it
            return made
        raise NewConnectionError(self, f"No connection: {trouble}")


class _PinnedTLS(_Pinned, HTTPSConnection):
    """The same with TLS: the certificate is checked against the name."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Pinned


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _PinnedTLS


class OutboundAdapter(HTTPAdapter):
    """Sends one request by the rules; a redirect is another request."""

    def __init__(self, rules: Rules, *, seconds: float, max_bytes: int) -> None:
        super().__init__(max_retries=0)
        self.rules, self.seconds, self.max_bytes = rules, seconds, max_bytes

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        self.poolmanager = PoolManager()
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send it and take the whole answer in, within its limits. Raises one of the errors of this module."""
        if "@" in urlsplit(request.url or "").netloc:
            raise AddressRefused("An address must not carry a name or password.", request=request)
        request.headers["Connection"] = "close"
        request.headers["Accept-Encoding"] = "identity"  # what is packed could unpack to more than is allowed
        end = time.monotonic() + self.seconds
        kwargs.update(stream=True, timeout=self.seconds, proxies=None, verify=kwargs.get("verify") or True)
        _sent.rules, _sent.sockets = self.rules, []
        watch = threading.Timer(self.seconds, _hang_up, [_sent.sockets])
        watch.daemon = True
        watch.start()
        try:
            response = super().send(request, **kwargs)
            self._take_in(response)
            if time.monotonic() >= end:  # a line cut off by us looks like the end of the headers
                raise TookTooLong("", request=request)
            return response
        except _Refused as refusal:
            raise AddressRefused(str(refusal), request=request) from None
        except requests.RequestException as error:
            if time.monotonic() >= end:
                raise TookTooLong(f"No whole answer in {self.seconds:g} seconds.", request=request) from error
            raise
        finally:
            watch.cancel()
            for each in _sent.sockets:
                each.close()
            _sent.rules = None

    def _take_in(self, response: requests.Response) -> None:
        content = bytearray()
        for chunk in response.iter_content(CHUNK):
            content += chunk
            if len(content) > self.max_bytes:
                response.close()
                raise AnswerTooLarge(f"The answer has more than {self.max_bytes:,} bytes.", response=response)
        response._content = bytes(content)


def _hang_up(sockets: list[socket.socket]) -> None:
    """End a request whose time is over, even if its answer still dribbles in byte by byte."""
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class OutboundSession(requests.Session):
    """A session of requests that reaches only what may be reached."""

    def __init__(self, rules: Rules, *, seconds: float = SECONDS, max_bytes: int = MAX_BYTES) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = REDIRECTS
        self.adapters.clear()
        for scheme in ("https://", "http://"):
            self.mount(scheme, OutboundAdapter(rules, seconds=seconds, max_bytes=max_bytes))

    def get_adapter(self, url: str) -> Any:
        if urlsplit(url).scheme.lower() not in ("http", "https"):
            raise AddressRefused("Only http and https addresses are asked.")
        return super().get_adapter(url)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target and urlsplit(resp.url).scheme == "https" and urlsplit(target).scheme == "http":
            raise AddressRefused("It leads from https to http.", response=resp)
        return target


def session(*, seconds: float = SECONDS, max_bytes: int = MAX_BYTES) -> OutboundSession:
    """A session by the rules of this installation. `seconds` and `max_bytes` are for each hop and its answer."""
    networks = [ip_network(text) for text in settings.OUTBOUND_ALLOWED]
    rules = Rules(networks, frozenset(int(port) for port in settings.OUTBOUND_PORTS))
    return OutboundSession(rules, seconds=seconds, max_bytes=max_bytes)
