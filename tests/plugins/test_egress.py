import socket
import threading

import pytest

from headrace_sdk.egress import Egress, EgressRefused, HostUnknown, is_public, unwrapped

REFUSED_ADDRESSES = [
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.192", "192.88.99.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1",
    "::", "::ffff:127.0.0.1", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fdff::1", "fec0::1", "ff02::1",
    "2002:7f00:1::", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:0::1", "2001:db8::1", "192.0.2.1", "203.0.113.9",
]  # fmt: skip
REFUSED_URLS = [
    "http://127.0.0.1", "http://127.1", "http://0", "http://0x7f000001", "http://2130706433", "http://017700000001",
    "http://①②⑦.0.0.1", "http://localhost", "http://localhost.", "http://[::1]", "http://[::]",
    "http://[::ffff:127.0.0.1]", "http://[::127.0.0.1]", "http://ok@127.0.0.1", "http://127.0.0.1#ok",
    "http://example.org\\@127.0.0.1", "http://127.0.0.1\t", "http://exa\0mple.org", "file:///etc/passwd",
    "gopher://example.org", "ftp://example.org", "unix:///run/x", "http://93.184.215.14:22", "http://93.184.215.14:0",
    "http://own.example.org", "http://127.0.0.1.", "http://127。0。0。1", "http://93.184.215.14:99999",
    "http://[fe80::1%25eth0]", "http://", "http://-x.example.org", "//example.org", "http://user:pw@example.org",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_an_address_that_is_not_public_is_refused_as_literal_and_behind_a_name(address):
    assert not is_public(unwrapped(address))
    egress = Egress(resolve=lambda host, port: ["93.184.215.14", address])
    with pytest.raises(EgressRefused):
        egress.addresses("name.example.org", 443)


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_every_spelling_of_a_forbidden_place_is_refused(url):
    egress = Egress(refused_hosts=frozenset({"own.example.org"}))
    with pytest.raises(EgressRefused):
        judge(egress, url)


def judge(egress, url):
    target = egress.target(url)
    return egress.addresses(target.host, target.port)


def test_a_public_name_is_accepted_with_all_its_addresses():
    egress = Egress(resolve=lambda host, port: ["93.184.215.14", "2606:2800:21f::1"])
    target = egress.target("https://example.org/path?x=1")
    assert (target.scheme, target.host, target.port) == ("https", "example.org", 443)
    assert egress.addresses(target.host, target.port) == ("93.184.215.14", "2606:2800:21f::1")


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("build.internal", "build.internal", 8080, True),
        ("build.internal:8080", "build.internal", 8080, True),
        ("build.internal:8080", "build.internal", 22, False),
        ("*.internal", "a.b.internal", 9999, True),
        ("*.internal", "internal", 80, False),
        ("10.0.0.0/8", "other.example", 80, True),
        ("10.0.0.0/8:80", "other.example", 443, False),
        ("10.1.2.3", "other.example", 80, True),
        ("[fd00::1]:80", "other.example", 80, False),
        ("build.internal", "build.internal.evil.example", 80, False),
    ],
)
def test_the_operators_list_opens_exactly_what_it_names(entry, host, port, allowed):
    egress = Egress(allowed=(entry,), resolve=lambda host, port: ["10.1.2.3"])
    if allowed:
        assert egress.addresses(host, port) == ("10.1.2.3",)
    else:
        with pytest.raises(EgressRefused):
            egress.addresses(host, port)


def test_a_name_nobody_knows_is_told_apart_from_a_forbidden_one():
    def unknown(host, port):
        raise socket.gaierror("no such name")

    with pytest.raises(HostUnknown):
        Egress(resolve=unknown).addresses("nowhere.example.org", 443)


def test_own_host_is_refused_even_if_it_is_listed():
    egress = Egress(allowed=("own.example.org",), refused_hosts=frozenset({"own.example.org"}))
    with pytest.raises(EgressRefused):
        egress.addresses("OWN.example.org.", 443)


def test_a_name_that_changes_its_address_never_reaches_the_second():
    """The client connects to the address that was judged, so a resolver that lies the second time is not asked."""
    from headrace_sdk.http import GuardedHttp
    from headrace_sdk.request import PeerUnavailable

    arrived, asked = [], []
    with socket.create_server(("127.0.0.1", 0)) as trap:
        port = trap.getsockname()[1]
        trap.settimeout(0.5)
        thread = threading.Thread(target=lambda: arrived.append(_accepted(trap)))
        thread.start()

        def rebinding(host, port):
            asked.append(host)
            return ["192.0.2.1"] if len(asked) % 2 else ["127.0.0.1"]

        http = GuardedHttp(Egress(ports=frozenset({port}), resolve=rebinding), time_limit_seconds=0.2)
        for _ in range(20):
            with pytest.raises(PeerUnavailable):
                http.get(f"http://rebind.example.org:{port}/")
        thread.join()
    assert arrived == [False]
    assert len(asked) == 20


def _accepted(server):
    try:
        server.accept()[0].close()
    except TimeoutError:
        return False
    return True
