"""Requests to addresses that somebody else chose reach the public internet and nothing else."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ridley.core.access import outbound
from ridley.core.access.outbound import AddressRefused, AnswerTooLarge, OutboundSession, Rules, TookTooLong

PUBLIC, PUBLIC_V6 = "93.184.216.34", "2606:2800:220:1::1"
NAMES = {
    "public.example": [PUBLIC],
    "public6.example": [PUBLIC_V6],
    "both.example": [PUBLIC, PUBLIC_V6],
    "inside.example": ["10.0.0.5"],
    "localhost": ["127.0.0.1", "::1"],
    "half.example": [PUBLIC, "127.0.0.1"],
    "half6.example": [PUBLIC_V6, "fd00::1"],
    "metadata.example": ["169.254.169.254"],
    "mapped.example": ["::ffff:127.0.0.1"],
}
REFUSED = [
    # loopback, private, link-local, shared, this network
    "http://127.0.0.1/", "http://127.8.9.10/", "http://[::1]/", "http://localhost/", "http://LOCALHOST/",
    "http://localhost./", "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/",
    "http://[fc00::1]/", "http://[fd12:3456::1]/", "http://169.254.1.1/", "http://[fe80::1]/", "http://[fec0::1]/",
    "http://100.64.0.1/", "http://0.0.0.0/", "http://[::]/", "http://192.0.0.8/", "http://198.18.0.1/",
    # metadata services
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://metadata.example/",
    # multicast, reserved, documentation, broadcast
    "http://224.0.0.1/", "http://[ff02::1]/", "http://240.0.0.1/", "http://255.255.255.255/", "http://192.0.2.1/",
    "http://203.0.113.9/", "http://[2001:db8::1]/", "http://[100::1]/", "http://[3fff::1]/",
    # IPv4 inside IPv6: mapped, compatible, 6to4, NAT64 (both), Teredo; also of public addresses
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[2002:7f00:1::]/",
    "http://[2002:a00:1::1]/", "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b:1::a00:1]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", f"http://[::ffff:{PUBLIC}]/", f"http://[64:ff9b::{PUBLIC}]/",
    "http://mapped.example/",
    # numbers that are no address as addresses are written
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://127.1/",
    "http://127.0.1/", "http://017700000001/", "http://1572395042/", "http://0x5db8d822/", "http://093.184.216.34/",
    "http://127.0.0.1./", "http://0X7F000001/",
    # names: to the inside, and with one answer of several to the inside
    "http://inside.example/", "http://half.example/", "http://half6.example/", "https://half.example/",
    # the address itself
    f"http://user@{PUBLIC}/", f"http://user:word@{PUBLIC}/", "http://public.example@127.0.0.1/",
    "http://127.0.0.1#@public.example/", "http://public.example:22/", "http://public.example:8080/",
    f"https://{PUBLIC}:5432/", "ftp://public.example/", "file:///etc/passwd", "gopher://public.example/",
    "unix:///run/docker.sock",
]  # fmt: skip
ALLOWED = {
    "http://public.example/": (PUBLIC, 80), "https://public.example/": (PUBLIC, 443), f"http://{PUBLIC}/": (PUBLIC, 80),
    "http://public.example:443/": (PUBLIC, 443), "http://PUBLIC.example/x?next=http://127.0.0.1/": (PUBLIC, 80),
    f"https://[{PUBLIC_V6}]/": (PUBLIC_V6, 443), "http://public6.example/": (PUBLIC_V6, 80),
    "http://both.example/": (PUBLIC, 80), "http://172.15.0.1/": ("172.15.0.1", 80), "http://8.8.8.8/": ("8.8.8.8", 80),
    "http://11.0.0.1/": ("11.0.0.1", 80), "http://100.128.0.1/": ("100.128.0.1", 80),
}  # fmt: skip
LOOPBACK = (ip_network("127.0.0.1/32"),)


@pytest.fixture
def resolver(monkeypatch):
    """Names are answered from the table, numbers as the system answers them; what was asked is kept."""
    real, asked = socket.getaddrinfo, []

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        return [
            each for known in NAMES.get(host.lower().rstrip("."), [host]) for each in real(known, port, *args, **kwargs)
        ]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.fixture
def connected(monkeypatch):
    """Where a socket was connected to; none of these connections is made."""
    seen = []

    def connect(self, where):
        seen.append(tuple(where[:2]))
        raise ConnectionRefusedError("not in this test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


@pytest.mark.parametrize("url", REFUSED)
def test_nothing_is_connected_for(url, resolver, connected):
    with pytest.raises(AddressRefused):
        outbound.session().get(url)
    assert connected == []


@pytest.mark.parametrize("url", ALLOWED)
def test_a_public_address_is_connected_to(url, resolver, connected):
    with pytest.raises(requests.ConnectionError):
        outbound.session().get(url)
    assert connected[0] == ALLOWED[url]


def test_a_name_is_resolved_once_so_that_it_cannot_mean_another_machine_later(resolver, connected):
    with pytest.raises(requests.ConnectionError):
        outbound.session().get("http://public.example/")
    assert (resolver, connected) == (["public.example"], [(PUBLIC, 80)])


def test_the_installation_can_allow_a_network_with_any_port_and_more_ports(resolver, connected, settings):
    settings.OUTBOUND_ALLOWED, settings.OUTBOUND_PORTS = ["10.0.0.0/8"], [80, 8443]
    for url in ("http://10.0.0.5:9000/", "http://inside.example/", "https://public.example:8443/"):
        with pytest.raises(requests.ConnectionError):
            outbound.session().get(url)
    assert connected == [("10.0.0.5", 9000), ("10.0.0.5", 80), (PUBLIC, 8443)]
    for url in ("http://192.168.0.1/", "https://public.example/", "http://[::ffff:10.0.0.5]/"):
        with pytest.raises(AddressRefused):
            outbound.session().get(url)
    assert len(connected) == 3


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.answer(self)

    def log_message(self, *args):
        pass


@contextmanager
def serving(answer, address="127.0.0.1", tls=None):
    """A real server on loopback; `asked` are the paths that reached it."""
    server = ThreadingHTTPServer((address, 0), Handler)
    server.asked, server.answer, server.daemon_threads = [], answer, True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def plain(content=b"hello", status=200, **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def test_a_server_on_this_machine_is_not_reached_and_is_where_it_is_allowed():
    with serving(plain()) as server:
        url = f"http://127.0.0.1:{server.server_port}/x"
        with pytest.raises(AddressRefused) as refusal:
            OutboundSession(Rules(ports={server.server_port})).get(url)
        assert (refusal.value.code, server.asked) == ("address-refused", [])
        answer = OutboundSession(Rules(LOOPBACK)).get(url)
    assert (answer.status_code, answer.content, server.asked) == (200, b"hello", ["/x"])


def test_a_redirect_is_followed_only_to_where_one_may_go():
    with serving(plain(), "127.0.0.2") as inside, serving(plain()) as outside:
        targets = iter(
            [
                f"http://127.0.0.2:{inside.server_port}/",
                "file:///etc/passwd",
                f"http://u@127.0.0.1:{outside.server_port}/",
            ]
        )
        with serving(lambda handler: plain(b"", 302, Location=next(targets))(handler)) as first:
            for _ in range(3):
                with pytest.raises(AddressRefused):
                    OutboundSession(Rules(LOOPBACK)).get(f"http://127.0.0.1:{first.server_port}/")
        assert (inside.asked, outside.asked) == ([], [])
        with serving(plain(b"", 302, Location=f"http://127.0.0.1:{outside.server_port}/y")) as first:
            assert OutboundSession(Rules(LOOPBACK)).get(f"http://127.0.0.1:{first.server_port}/").content == b"hello"
        assert outside.asked == ["/y"]


def test_redirects_end_after_five():
    with serving(lambda handler: plain(b"", 302, Location=f"{handler.path}x")(handler)) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        with pytest.raises(requests.TooManyRedirects):
            OutboundSession(Rules(LOOPBACK)).get(url)
    assert len(server.asked) == 6


def test_an_answer_is_taken_up_to_its_limit_and_no_further():
    with serving(plain(b"x" * 10_000)) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        assert len(OutboundSession(Rules(LOOPBACK), max_bytes=10_000).get(url).content) == 10_000
        with pytest.raises(AnswerTooLarge):
            OutboundSession(Rules(LOOPBACK), max_bytes=9_999).get(url)


@pytest.mark.parametrize(
    "dribbled", [b"HTTP/1.1 200 OK\r\nX-Name: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]
)
def test_a_server_that_dribbles_its_answer_is_left_in_the_end(dribbled):
    enough = threading.Event()

    def dribble(handler):
        handler.wfile.write(dribbled)
        for _ in range(100):
            if enough.wait(0.05):
                return
            handler.wfile.write(b"x")

    with serving(dribble) as server:
        with pytest.raises(TookTooLong):
            OutboundSession(Rules(LOOPBACK), seconds=0.5).get(f"http://127.0.0.1:{server.server_port}/")
        enough.set()


def test_the_environment_s_proxies_are_not_used(monkeypatch):
    with serving(plain()) as proxy, serving(plain(b"direct")) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
        url = f"http://127.0.0.1:{server.server_port}/"
        assert OutboundSession(Rules(LOOPBACK)).get(url).content == b"direct"
        assert proxy.asked == []


@pytest.fixture
def certificate(tmp_path):
    """A certificate for pinned.example that signs itself: (its file, a server's context)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pinned.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("pinned.example")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return str(path), context


def test_tls_is_checked_against_the_name_though_the_address_is_pinned(certificate, resolver, monkeypatch):
    path, context = certificate
    monkeypatch.setitem(NAMES, "pinned.example", ["127.0.0.1"])
    monkeypatch.setitem(NAMES, "other.example", ["127.0.0.1"])
    with serving(plain(), tls=context) as server:
        session = OutboundSession(Rules(LOOPBACK))
        assert session.get(f"https://pinned.example:{server.server_port}/", verify=path).content == b"hello"
        for name, verify in (("other.example", path), ("pinned.example", True), ("pinned.example", False)):
            with pytest.raises(requests.exceptions.SSLError):
                session.get(f"https://{name}:{server.server_port}/", verify=verify)
        assert server.asked == ["/"]


def test_https_does_not_lead_to_http(certificate, resolver, monkeypatch):
    path, context = certificate
    monkeypatch.setitem(NAMES, "pinned.example", ["127.0.0.1"])
    with serving(plain()) as bare:
        target, session = f"http://127.0.0.1:{bare.server_port}/", OutboundSession(Rules(LOOPBACK))
        with serving(plain(b"", 302, Location=target), tls=context) as first:
            url = f"https://pinned.example:{first.server_port}/"
            with pytest.raises(AddressRefused) as refusal:
                session.get(url, verify=path)
            assert "from https to http" in str(refusal.value)
        assert bare.asked == []


def test_the_table_has_its_sixty_cases():
    assert len(set(REFUSED)) >= 60
