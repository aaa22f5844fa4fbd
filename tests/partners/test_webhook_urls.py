"""Where webhooks may go: hostile addresses are refused by their text, hosts by their addresses."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from locksite.errors import RuleBroken
from locksite.masked import Pin
from locksite.partners import webhook_network
from locksite.partners.choices import Failure
from locksite.partners.webhook_network import (
    Outcome,
    Parcel,
    call,
    check_url,
    webhook_sessions,
)
from locksite.partners.webhook_urls import Places, Target, is_public
from tests.factories import WEBHOOK_SECRET
from tests.loopback import Loopback

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
INTERNET = Places.of([443], [])


def addresses(*texts):
    """Return a look-up that gives these addresses, whatever the host."""

    def look_up(host, port):
        return [
            (
                socket.AF_INET6 if ":" in text else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (text, port, 0, 0) if ":" in text else (text, port),
            )
            for text in texts
        ]

    return look_up


def parcel(url):
    return Parcel(1, "msg_1", url, (Pin(WEBHOOK_SECRET),), Pin('{"event_id":"x"}'), NOW)


# ---- By their text

HOSTILE = [
    "",
    "example.com/hooks",
    "/hooks",
    "//example.com/hooks",
    "https://",
    "https:///hooks",
    "https:example.com",
    "javascript://example.com/%0aalert(1)",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "http://example.com/",
    "https://example.com:80/",
    "https://example.com:22/",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://example.com:port/",
    "https://localhost/",
    "https://metadata/computeMetadata/v1/",
    "https://127.0.0.1/",
    "https://10.0.0.5/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://255.255.255.255/",
    "https://224.0.0.1/",
    "https://192.0.0.8/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.01/",
    "https://example.0x7f/",
    "https://①②⑦.⓪.⓪.①/",
    "https://ex\u0430mple.com/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001::1]/",
    "https://[fc00::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[5f00::1]/",
    "https://[ff02::1]/",
    "https://[127.0.0.1]/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1@example.com/",
    "https://user:word@example.com/",
    "https://@127.0.0.1/",
    "https://exam ple.com/",
    "https://example.com/\r\nHost: 127.0.0.1",
    " https://example.com/",
    "https://example.com\t.evil/",
    "https://example..com/",
    "https://-example.com/",
    "https://example.com./",
    "https://exa_mple.com/",
    "https://" + "a" * 64 + ".com/",
    "https://example.com/" + "x" * 500,
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_by_its_text(url):
    with pytest.raises(RuleBroken) as refused:
        INTERNET.target(url)

    assert (refused.value.code, refused.value.field) == ("invalid_url", "url")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.com", Target("https", "example.com", 443)),
        ("HTTPS://Hooks.Example.COM:443/a?b=c@d", Target("https", "hooks.example.com", 443)),
        ("https://xn--bcher-kva.example/x", Target("https", "xn--bcher-kva.example", 443)),
        ("https://8.8.8.8/x", Target("https", "8.8.8.8", 443)),
        ("https://[2606:4700:4700::1111]/x", Target("https", "2606:4700:4700::1111", 443)),
        ("https://1password.com/", Target("https", "1password.com", 443)),
    ],
)
def test_an_ordinary_address_is_taken(url, target):
    assert INTERNET.target(url) == target


def test_an_administrator_allows_ports_and_single_hosts():
    allowed = Places.of([443, 8443], ["127.0.0.1:8080", "Printer.lan", "[::1]:9000"])

    for url in (
        "https://example.com:8443/",
        "http://127.0.0.1:8080/x",
        "http://printer.lan/",
        "https://printer.lan:444/",
        "http://[::1]:9000/",
    ):
        assert allowed.target(url)
    for url in (
        "http://example.com:8443/",
        "http://127.0.0.1:8081/",
        "http://127.0.0.1/",
        "http://user@printer.lan/",
        "http://printer.lan.evil/",
        "http://[::1]:9001/",
        "http://2130706433:8080/",
    ):
        with pytest.raises(RuleBroken):
            allowed.target(url)


# ---- By their addresses


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "255.255.255.255", "240.0.0.1", "224.0.0.1", "192.0.0.8", "192.88.99.1"),
        *("198.18.0.1", "192.0.2.1", "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "fc00::1"),
        *("fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "5f00::1", "100::1", "", "host"),
    ],
)
def test_what_leads_inside_is_not_public(text):
    assert is_public(text) is False


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"]
)
def test_the_internet_is_public(text):
    assert is_public(text) is True


def test_a_host_is_refused_when_one_of_its_addresses_leads_inside():
    with pytest.raises(RuleBroken) as refused:
        check_url("https://example.com/", look_up=addresses("8.8.8.8", "10.0.0.1"))

    assert refused.value.message == "This host is not on the public internet."
    check_url("https://example.com/", look_up=addresses("8.8.8.8", "2606:4700::1111"))


def test_a_host_without_an_address_yet_is_taken_and_judged_when_it_is_called():
    def nobody(host, port):
        raise socket.gaierror

    check_url("https://example.com/", look_up=nobody)


def test_nobody_waits_long_for_a_name_server(monkeypatch):
    monkeypatch.setattr(webhook_network, "LOOK_UP_FOR", 0.05)
    with Loopback(lambda peer: None) as server:

        def slow(host, port):
            server.is_over.wait(30)
            return []

        check_url("https://example.com/", look_up=slow)


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
    ],
)
def test_a_name_that_leads_inside_by_now_is_not_called(settings, found):
    with Loopback(lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as server:
        port = int(server.url.rpartition(":")[2])
        settings.LOCKSITE_WEBHOOK_PORTS = [port]
        url = f"https://rebound.example:{port}/hooks"
        check_url(url, look_up=addresses("8.8.8.8"))

        outcome = call(parcel(url), webhook_sessions(addresses(*found))(), NOW)

        assert (outcome, server.connections) == (Outcome(Failure.ADDRESS), 0)


def test_the_address_that_was_judged_is_the_one_that_is_called(settings):
    asked = []
    settings.LOCKSITE_WEBHOOK_ALLOWED_HOSTS = ["hooks.example"]

    with Loopback(lambda peer: peer.sendall(b"HTTP/1.1 204 None\r\n\r\n")) as server:
        port = int(server.url.rpartition(":")[2])

        def once(host, port):
            asked.append(host)
            return addresses("127.0.0.1")(host, port)

        session = webhook_sessions(once)()
        outcome = call(parcel(f"http://hooks.example:{port}/a"), session, NOW)

        assert outcome == Outcome(None, 204)
        assert asked == ["hooks.example"]
        assert b"Host: hooks.example:" in server.requests[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_inside_is_a_failure_and_not_followed(settings, status):
    with Loopback(lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as inside:

        def elsewhere(peer):
            peer.sendall(
                f"HTTP/1.1 {status} Go\r\nLocation: {inside.url}/x\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )

        with Loopback(elsewhere) as server:
            settings.LOCKSITE_WEBHOOK_ALLOWED_HOSTS = [server.url.removeprefix("http://")]
            outcome = call(parcel(f"{server.url}/hooks"), webhook_sessions()(), NOW)

        assert (outcome, inside.connections) == (Outcome(Failure.ANSWER, status), 0)


def test_an_address_that_is_not_allowed_any_more_is_not_called(settings):
    with Loopback(lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as server:
        outcome = call(parcel(f"{server.url}/hooks"), webhook_sessions()(), NOW)

        assert (outcome, server.connections) == (Outcome(Failure.ADDRESS), 0)


@pytest.mark.parametrize("url", [url for url in HOSTILE if "://" in url])
def test_even_past_the_text_a_hostile_address_is_not_called(url):
    """A row may have come in by another way: the call itself refuses it."""
    assert call(parcel(url), webhook_sessions()(), NOW) == Outcome(Failure.ADDRESS)


# ---- Over TLS


def test_the_name_and_not_the_address_is_what_a_certificate_is_held_against(settings, tmp_path):
    ca, chain = certificates(tmp_path, "hooks.example")
    asked = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    context.sni_callback = lambda sock, name, _: asked.append(name)

    def answer(peer):
        with context.wrap_socket(peer._sock, server_side=True) as secure:
            received = b""
            while b"event_id" not in received:
                received += secure.recv(65536)
            secure.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with Loopback(answer, reads_first=False) as server:
        port = int(server.url.rpartition(":")[2])
        settings.LOCKSITE_WEBHOOK_ALLOWED_HOSTS = ["hooks.example", "other.example"]
        outcomes = []
        for host in ("hooks.example", "other.example"):
            session = webhook_sessions(addresses("127.0.0.1"))()
            session.verify = str(ca)
            outcomes.append(call(parcel(f"https://{host}:{port}/"), session, NOW))
        unknown = webhook_sessions(addresses("127.0.0.1"))()
        outcomes.append(call(parcel(f"https://hooks.example:{port}/"), unknown, NOW))

    assert outcomes == [Outcome(None, 200), *2 * [Outcome(Failure.CONNECTION)]]
    assert asked == ["hooks.example", "other.example", "hooks.example"]


def certificates(folder, host):
    """Write a self-signed certificate for a host, and the same with its key; return both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "ca.pem").write_bytes(written)
    (folder / "chain.pem").write_bytes(private + written)
    return folder / "ca.pem", folder / "chain.pem"
