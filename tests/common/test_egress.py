"""The guard of outgoing connections."""

import socket
import threading

import pytest

from apps.common import egress
from apps.common.egress import AddressRefused, ResolveFailed, check_host, is_allowed, parse_allow

NONE: frozenset[str] = frozenset()
PUBLIC = "93.184.216.34"

INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::a00:1",
    "2001:0:53aa:64c::1",
    "2001:db8::1",
    "2002:a00:1::",
    "2002:808:808::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]

STRANGE_HOSTS = [
    "",
    "127.1",
    "127.0.0.1.",
    "0177.0.0.1",
    "127.0.0.01",
    "0x7f.0.0.1",
    "0x7f000001",
    "0X7F000001",
    "2130706433",
    "017700000001",
    "1.2.3.4.5",
    "example.com.",
    "example.com.0x7f",
    "fe80::1%eth0",
    "[fe80::1%25lo]",
    "user@example.com",
    "example.com@127.0.0.1",
    "exa mple.com",
    "example.com/path",
    "example.com:80",
    "example.com\x00.example.com",
    "example.com\n",
    "-example.com",
    "example..com",
    ".example.com",
    "１２７.0.0.1",
    "ⓔxample.com",
    "[::1",
    "a" * 64 + ".com",
    ".".join(["a" * 60] * 5),
]


class Dns:
    """Answers look-ups from a table; a name's answers are used up in turn, the last one stays."""

    def __init__(self):
        self.table: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    def __call__(self, host, port, *args, **kwargs):
        """Answer as socket.getaddrinfo does."""
        self.asked.append(host)
        answers = self.table.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


@pytest.fixture
def dns(monkeypatch):
    table = Dns()
    monkeypatch.setattr(socket, "getaddrinfo", table)
    return table


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_public_is_refused_as_a_literal(address):
    with pytest.raises(AddressRefused) as caught:
        check_host(f"[{address}]" if ":" in address else address, 443, allow=NONE)

    assert caught.value.code == "private_address"


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_public_is_refused_behind_a_name(dns, address):
    dns.table["api.example.com"] = [[address]]

    with pytest.raises(AddressRefused) as caught:
        check_host("api.example.com", 443, allow=NONE)

    assert caught.value.code == "private_address"
    assert address not in caught.value.reason


@pytest.mark.parametrize("host", STRANGE_HOSTS)
def test_a_host_that_parsers_read_in_different_ways_is_refused_unresolved(dns, host):
    with pytest.raises(AddressRefused) as caught:
        check_host(host, 443, allow=NONE)

    assert caught.value.code == "bad_host"
    assert dns.asked == []


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:80e::200e"])
def test_a_public_address_passes(address):
    assert check_host(address, 443, allow=NONE).ips == (address,)


def test_a_name_is_resolved_once_and_keeps_the_order_of_its_addresses(dns):
    dns.table["api.example.com"] = [[PUBLIC, "1.1.1.1", PUBLIC], ["127.0.0.1"]]

    target = check_host("API.example.com", 443, allow=NONE)

    assert (target.host, target.port, target.ip) == ("api.example.com", 443, PUBLIC)
    assert target.ips == (PUBLIC, "1.1.1.1")
    assert dns.asked == ["api.example.com"]


def test_one_inner_address_among_public_ones_refuses_the_host(dns):
    dns.table["api.example.com"] = [[PUBLIC, "10.0.0.1"]]

    with pytest.raises(AddressRefused):
        check_host("api.example.com", 443, allow=NONE)


def test_an_address_with_a_zone_from_the_resolver_is_refused(dns):
    dns.table["api.example.com"] = [["fe80::1%eth0"]]

    with pytest.raises(AddressRefused):
        check_host("api.example.com", 443, allow=NONE)


def test_an_unknown_name_is_no_refusal(dns):
    with pytest.raises(ResolveFailed) as caught:
        check_host("nowhere.example.com", 443, allow=NONE)

    assert caught.value.code == "dns"
    assert "nowhere.example.com" in caught.value.reason


def test_a_resolver_that_hangs_is_left_behind_in_time(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: release.wait(5) and [])

    with pytest.raises(ResolveFailed):
        check_host("slow.example.com", 443, allow=NONE, timeout=0.02)

    release.set()


def test_hanging_resolvers_are_bounded(monkeypatch):
    monkeypatch.setattr(egress, "_resolvers", threading.Semaphore(0))

    with pytest.raises(ResolveFailed):
        check_host("api.example.com", 443, allow=NONE, timeout=0.01)


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000),
        ("LocalHost:8000", "localhost", 8000),
        ("[::1]:8000", "::1", 8000),
        ("[0:0:0:0:0:0:0:1]:8000", "[::1]", 8000),
        ("169.254.169.254:80", "169.254.169.254", 80),
        (" model_server:11434 ", "MODEL_server", 11434),
    ],
)
def test_what_the_operator_lists_may_be_called(dns, entry, host, port):
    dns.table |= {"localhost": [["127.0.0.1"]], "model_server": [["172.18.0.2"]]}

    assert check_host(host, port, allow=parse_allow([entry])).port == port


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8001),
        ("127.0.0.1:8000", "localhost", 8000),
        ("localhost:8000", "127.0.0.1", 8000),
        ("localhost:8000", "evil.localhost", 8000),
        ("[::1]:8000", "127.0.0.1", 8000),
    ],
)
def test_an_exception_is_for_its_host_as_written_and_its_port(dns, entry, host, port):
    dns.table |= {"localhost": [["127.0.0.1"]], "evil.localhost": [["127.0.0.1"]]}

    with pytest.raises(AddressRefused) as caught:
        check_host(host, port, allow=parse_allow([entry]))

    assert "EGRESS_ALLOW" in caught.value.reason


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "fe80::1", "::", "::ffff:169.254.169.254"]
)
def test_a_listed_name_still_does_not_reach_the_metadata_service(dns, address):
    dns.table["proxy.example.com"] = [[address]]

    with pytest.raises(AddressRefused):
        check_host("proxy.example.com", 80, allow=parse_allow(["proxy.example.com:80"]))


@pytest.mark.parametrize(
    "entry",
    [
        "localhost",
        "localhost:",
        "localhost:0",
        "localhost:65536",
        "localhost:８０",
        "http://localhost:80",
        "localhost:80/path",
        "*:80",
        "*.example.com:80",
        "user@localhost:80",
        "::1:80",
        "[127.0.0.1]:80",
        "[::1%lo]:80",
        "127.1:80",
        "example.com.:80",
        ":80",
    ],
)
def test_a_wrong_entry_is_named(entry):
    with pytest.raises(ValueError, match="EGRESS_ALLOW") as caught:
        parse_allow(["127.0.0.1:80", entry])

    assert entry in str(caught.value)


def test_empty_entries_are_passed_over():
    assert parse_allow(["", " "]) == frozenset()


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.0.0.1:8000/base/path", True),
        ("https://proxy.example.com", True),
        ("https://PROXY.example.com:443/", True),
        ("http://[::1]:9000/", True),
        ("http://proxy.example.com", False),
        ("https://proxy.example.com:444", False),
        ("http://127.0.0.1:8000@example.com/", False),
        ("http://user@127.0.0.1:8000/", False),
        ("http://127.0.0.1:80000/", False),
        ("http://2130706433:8000/", False),
        ("ftp://127.0.0.1:8000/", False),
        ("//127.0.0.1:8000/", False),
        ("127.0.0.1:8000", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_a_base_address_is_allowed_by_host_and_port(url, allowed):
    entries = parse_allow(["127.0.0.1:8000", "proxy.example.com:443", "[::1]:9000"])

    assert is_allowed(url, entries) is allowed
