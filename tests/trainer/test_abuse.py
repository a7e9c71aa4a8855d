"""What a hostile client can do to a real intake: it stays up, memory flat, others are served."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from echo_core.sharing.bundle.envelope import ENVELOPE_BYTES_MAX
from echo_core.sharing.bundle.protocol import Refusal
from echo_testing.trainer_house import (
    Contributor,
    TrainerHouse,
    forget,
    name_of,
    serving,
    upload,
)
from echo_testing.waiting import LONG_S

CONNECTIONS = 40
GROWTH_BYTES_MAX = 64 << 20  # two dozen bodies that are under way, and what Python keeps of them
SMALL_GROWTH_BYTES_MAX = 8 << 20  # 0.6 MB was seen
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"


WIDE = {
    "intake_open": "true",
    "intake_requests_a_minute": "100000",
    "intake_bundles_a_day": "100000",
    "intake_bytes_a_day": str(1 << 30),
    "intake_uploads_per_address": "64",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainerHouse]:
    """One that waits longer for a busy machine than any test takes."""
    patient = {f"intake_{name}_s": "600" for name in ("header", "silence", "body")}
    with serving(tmp_path_factory.mktemp("house"), **WIDE, **patient) as made:
        yield made


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainerHouse]:
    """One that soon cuts off who is slow, and has few connections."""
    soon = {"intake_header_s": "1", "intake_silence_s": "1", "intake_body_s": "3"}
    few = {"intake_connections_max": str(CONNECTIONS)}
    with serving(tmp_path_factory.mktemp("hurried"), **WIDE, **soon, **few) as made:
        yield made


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=LONG_S) as made:
        yield made


def connected(house: TrainerHouse) -> socket.socket:
    parts = urlsplit(house.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=LONG_S)


def closed(made: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    try:
        while piece := made.recv(65_536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def still_serves(house: TrainerHouse, client: httpx.Client, secret: bytes) -> None:
    """Somebody contributes, again where a hurried house cut them off: this machine may be slow."""
    who = Contributor(house, secret)
    said = 408
    while said == 408:
        said = upload(client, house.url, who.envelope()).status_code
    assert said == 201


def test_the_head_of_a_request_that_never_ends_is_cut(
    hurried: TrainerHouse, client: httpx.Client
) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(hurried)) for _ in range(10)]
        for each in slow:
            each.sendall(b"GET /v1/keys HT")
        assert [closed(each) for each in slow] == [b""] * 10
    still_serves(hurried, client, b"1" * 32)


def test_a_body_that_never_ends_is_cut_and_goes_on_later(
    hurried: TrainerHouse, client: httpx.Client
) -> None:
    content = Contributor(hurried, b"2" * 32).envelope()
    path = f"/v1/bundles/{name_of(content)}"
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: x\r\nUpload-Offset: 0\r\n"
        f"Upload-Length: {len(content)}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with connected(hurried) as slow:
        slow.sendall(head.encode() + content[:100])
        assert b" 408 " in closed(slow)
    there, said = 100, 408
    assert client.head(hurried.url + path).headers["Upload-Offset"] == str(there)
    while said == 408:  # this machine may be slow, too
        said = upload(client, hurried.url, content, offset=there).status_code
        there = int(client.head(hurried.url + path).headers["Upload-Offset"])
    assert said == 201


def test_an_endless_chunked_body_is_cut_where_it_is_too_long(
    house: TrainerHouse, client: httpx.Client
) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(65_536)

    before = house.rss_bytes
    for length in (ENVELOPE_BYTES_MAX, 10):
        try:
            said = client.patch(
                f"{house.url}/v1/bundles/{'a' * 64}",
                content=endless(),
                headers={"Upload-Offset": "0", "Upload-Length": str(length)},
            ).status_code
        except httpx.TransportError:
            said = 413  # closed while we wrote, before we read
        assert said == 413
    assert house.rss_bytes - before < GROWTH_BYTES_MAX
    still_serves(house, client, b"3" * 32)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Offset": "0", "Upload-Length": str(ENVELOPE_BYTES_MAX + 1)}, 413),
        ({"Upload-Offset": "0", "Upload-Length": str(10**8)}, 413),
        ({"Upload-Offset": "0", "Upload-Length": "-1"}, 400),
        ({"Upload-Offset": "9", "Upload-Length": "8"}, 400),
        ({"Upload-Offset": "x", "Upload-Length": "8"}, 400),
        ({"Upload-Length": "8"}, 400),
        ({}, 400),
    ],
)
def test_what_is_announced_too_large_or_wrong_is_refused_by_its_head(
    house: TrainerHouse, client: httpx.Client, headers: dict[str, str], status: int
) -> None:
    answer = client.patch(f"{house.url}/v1/bundles/{'a' * 64}", content=b"", headers=headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"refused", "why"}


def test_nothing_is_unfolded(house: TrainerHouse, client: httpx.Client) -> None:
    """A bomb that would be a quarter of a gigabyte, also announced as a content encoding."""
    bomb = gzip.compress(bytes(1 << 20)) * 256
    before = house.rss_bytes
    for encoding in ("identity", "gzip"):
        answer = upload(client, house.url, bomb, Content_Encoding=encoding)
        assert answer.json()["refused"] == Refusal.NO_ENVELOPE
    assert house.rss_bytes - before < GROWTH_BYTES_MAX


def test_a_flood_of_the_largest_bodies_leaves_memory_flat(
    house: TrainerHouse, client: httpx.Client
) -> None:
    """Four times sixteen bodies of 2 MiB: what two rounds took is given back or used again."""

    def flood(_: int) -> int:
        with httpx.Client(timeout=LONG_S) as mine:
            return upload(mine, house.url, os.urandom(ENVELOPE_BYTES_MAX)).status_code

    with ThreadPoolExecutor(16) as hands:
        assert set(hands.map(flood, range(24))) <= {422, 503}
        before = house.rss_bytes
        assert set(hands.map(flood, range(24))) <= {422, 503}
    assert house.rss_bytes - before < GROWTH_BYTES_MAX
    still_serves(house, client, b"4" * 32)


def test_a_flood_of_new_pseudonyms_leaves_memory_flat(
    house: TrainerHouse, client: httpx.Client
) -> None:
    """Whoever is nobody's known pseudonym is taken in; what is kept of them is on disk alone."""
    flood = [
        Contributor(house, number.to_bytes(32, "big")).envelope() for number in range(1000, 1300)
    ]

    def sent(contents: list[bytes]) -> set[int]:
        with ThreadPoolExecutor(8) as hands, httpx.Client(timeout=LONG_S) as mine:
            return {
                each.status_code
                for each in hands.map(lambda one: upload(mine, house.url, one), contents)
            }

    assert sent(flood[:150]) == {201}
    before = house.rss_bytes
    assert sent(flood[150:]) == {201}
    assert sent(flood) == {200}
    assert house.rss_bytes - before < SMALL_GROWTH_BYTES_MAX
    still_serves(house, client, b"7" * 32)


def test_replays_cost_no_space(house: TrainerHouse, client: httpx.Client) -> None:
    content = Contributor(house, b"5" * 32).envelope()
    with ThreadPoolExecutor(8) as hands:
        said = list(hands.map(lambda _: upload(client, house.url, content), range(40)))
    assert {each.status_code for each in said} <= {200, 201, 409}
    assert len({each.content for each in said if each.status_code in (200, 201)}) == 1
    assert house.counter('echo_intake_rows{what="loose"}') == 0


def test_more_connections_than_may_be_are_closed_at_once(
    hurried: TrainerHouse, client: httpx.Client
) -> None:
    with ExitStack() as stack:
        many = [stack.enter_context(connected(hurried)) for _ in range(CONNECTIONS + 20)]
        assert all(closed(each) == b"" for each in many)
    still_serves(hurried, client, b"6" * 32)


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS to a plain port
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"PATCH /v1/bundles/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n" + CHUNKED,
        b"\x00" * 1000,
    ],
)
def test_what_is_no_http_is_answered_or_cut(house: TrainerHouse, junk: bytes) -> None:
    with connected(house) as made:
        try:
            made.sendall(junk)
            made.shutdown(socket.SHUT_WR)
        except OSError:  # it hung up before it had heard all
            return
        said = closed(made)
        assert b" 200 " not in said
        assert b" 500 " not in said
        assert b"Traceback" not in said


def test_wishes_of_others_and_junk_are_refused(house: TrainerHouse, client: httpx.Client) -> None:
    for content in (b"", b"x" * 10, b"x" * 5000, b"{}" + bytes(64)):
        answer = forget(client, house.url, content)
        assert answer.status_code in (413, 422)


def test_one_address_cannot_ask_for_ever_and_cannot_call_itself_another(
    tmp_path_factory: pytest.TempPathFactory, client: httpx.Client
) -> None:
    with serving(
        tmp_path_factory.mktemp("small"), intake_open="true", intake_requests_a_minute="2"
    ) as house:
        said = [
            client.get(
                f"{house.url}/v1/keys", headers={"X-Forwarded-For": f"192.0.2.{each}"}
            ).status_code
            for each in range(4)
        ]
        assert said == [200] * 2 + [429] * 2  # another one is admitted half a minute later
        assert client.get(f"{house.url}/health/live").status_code == 200
        through_a_proxy = client.get(
            f"{house.url}/metrics", headers={"X-Forwarded-For": "192.0.2.1"}
        )
        assert through_a_proxy.status_code == 404


def test_a_trusted_proxy_is_believed_and_what_a_client_wrote_before_it_is_not(
    tmp_path_factory: pytest.TempPathFactory, client: httpx.Client
) -> None:
    with serving(
        tmp_path_factory.mktemp("proxied"),
        intake_open="true",
        intake_requests_a_minute="2",
        intake_trusted_proxies="127.0.0.1,10.0.0.0/8",
    ) as house:

        def ask(forwarded: str) -> int:
            headers = {"X-Forwarded-For": forwarded}
            return client.get(f"{house.url}/v1/keys", headers=headers).status_code

        assert [ask(f"198.51.100.{each}, 192.0.2.7, 10.1.1.1") for each in range(3)] == [
            200,
            200,
            429,
        ]
        assert ask("192.0.2.8") == 200
        assert ask("nonsense, 192.0.2.8") == 200
        assert ask("192.0.2.8") == 429
