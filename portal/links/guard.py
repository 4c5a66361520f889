"""The network as the link check may use it: public machines only, and never for long.

Addresses are typed by people and led on by servers of other people, so any of them may name a
machine that only this one can reach. Every connection goes through `GuardedBackend`: it looks the
name up itself, refuses what is not public, and connects to the very address that it judged, so
that a second answer of the name server changes nothing. It also counts the seconds of the whole
exchange; a timeout for each read alone lets a server send a byte a minute for ever.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from typing import Any

import httpcore
import httpx

#: The addresses of IPv6 that are given out at all, and those that carry one of IPv4 (RFC 6052).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
#: What the system says where this machine has no network.
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.ENETDOWN})
#: Of the addresses of one name, so many are tried.
_TRIED = 4


class NotAskedError(Exception):
    """An address that the portal does not ask; says why."""


class NoSuchNameError(Exception):
    """The name of a machine leads to none."""


class NotANameError(NoSuchNameError):
    """What is given is the name of no machine; no name server has to be asked."""


class NameServerError(Exception):
    """Whether a name leads to a machine could not be found out."""


class NoRouteError(httpcore.ConnectError):
    """From this machine no way leads to another one."""


class UntrustedError(Exception):
    """A machine answers, but its certificate or its encryption does not hold."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public network, and every address within it, too."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    inner = address.ipv4_mapped or address.sixtofour
    if address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo:
        inner = address.teredo[1]
    if inner is not None:
        return is_public(inner)
    return address in _GLOBAL_UNICAST and address.is_global


def look_up(host: str, port: int, *, loopback: bool, seconds: float = 20) -> list[str]:
    """The addresses of a machine that may be asked.

    Args:
        loopback: whether this very machine may be asked, too; only for tests.
        seconds: how long it may take.

    Raises:
        NotAskedError: one of its addresses is not public.
        NoSuchNameError, NameServerError: there is no address.
    """
    try:
        found = _answer_of_name_servers(host, port, seconds)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise NameServerError(host) from error
        raise NoSuchNameError(host) from error
    except UnicodeError as error:
        # A part of the name is empty or too long.
        raise NotANameError(host) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in addresses:
        address = ip_address(text)
        if not is_public(address) and not (loopback and address.is_loopback):
            raise NotAskedError(f"{host} is a machine of a private network.")
    return addresses[:_TRIED]


def _answer_of_name_servers(host: str, port: int, seconds: float) -> list[Any]:
    """What the system finds out about a name, whose call waits as long as it likes."""
    said: SimpleQueue[Any] = SimpleQueue()

    def ask() -> None:
        try:
            said.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
            said.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = said.get(timeout=seconds)
    except Empty:
        raise NameServerError(host) from None
    if isinstance(answer, Exception):
        raise answer
    found: list[Any] = answer
    return found


class _Stream(httpcore.NetworkStream):
    """A connection that remembers how much came in, and ends with the time of its exchange."""

    def __init__(self, backend: GuardedBackend, inner: httpcore.NetworkStream) -> None:
        self._backend, self._inner = backend, inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received = self._inner.read(max_bytes, self._backend.left(httpcore.ReadTimeout))
        self._backend.received += len(received)
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._backend.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._backend.left(httpcore.ConnectTimeout)
        try:
            return _Stream(self._backend, self._inner.start_tls(ssl_context, server_hostname, left))
        except httpcore.ConnectError as error:
            fault = error.__cause__ or error.__context__
            # One that hangs up in the middle has not answered.
            if isinstance(fault, ssl.SSLError) and not isinstance(fault, ssl.SSLEOFError):
                raise UntrustedError(reason_of(fault)) from error
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def reason_of(error: ssl.SSLError) -> str:
    """Why an encrypted connection could not be made, in a few words."""
    told = getattr(error, "verify_message", "") or error.reason or "unknown"
    return str(told).replace("_", " ").lower()


class GuardedBackend(httpcore.NetworkBackend):
    """Makes the connection of one exchange.

    Args:
        seconds: how long the exchange may take, from the first packet to the last header.
        loopback: whether this very machine may be asked; only for tests.
    """

    def __init__(self, seconds: float, *, loopback: bool = False) -> None:
        self._ends = time.monotonic() + seconds
        self._loopback = loopback
        self._plain = httpcore.SyncBackend()
        self.received = 0

    def left(self, late: type[httpcore.TimeoutException]) -> float:
        """The seconds that are left; raises `late` where there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise late("The exchange took too long.")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("No address answers.")
        is_cut_off = True
        left = self.left(httpcore.ConnectTimeout)
        for address in look_up(host, port, loopback=self._loopback, seconds=left):
            try:
                left = self.left(httpcore.ConnectTimeout)
                stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                is_cut_off = is_cut_off and getattr(error.__cause__, "errno", 0) in _NO_ROUTE
            else:
                return _Stream(self, stream)
        raise NoRouteError(host) if is_cut_off else failure


@cache
def _encryption() -> ssl.SSLContext:
    """What certificates are judged by; to read the authorities takes a while."""
    return httpx.create_ssl_context(trust_env=False)


#: The headers that a check reads; the others of a page are none of its business.
_READ = frozenset({b"location", b"retry-after", b"set-cookie", b"cf-mitigated"})


class GuardedTransport(httpx.BaseTransport):
    """One connection for each request, closed when the headers are in: no body is ever read."""

    def __init__(self, seconds: float, *, loopback: bool = False) -> None:
        self._seconds, self._loopback = seconds, loopback

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        backend = GuardedBackend(self._seconds, loopback=self._loopback)
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
        )
        with httpcore.ConnectionPool(
            ssl_context=_encryption(), network_backend=backend, http2=False
        ) as pool:
            try:
                answer = pool.handle_request(asked)
            except httpcore.RemoteProtocolError as error:
                if not backend.received:
                    raise httpcore.ReadError("The machine hung up.") from error
                raise
            answer.close()
        headers = [(name, value) for name, value in answer.headers if name.lower() in _READ]
        return httpx.Response(answer.status, headers=headers)
