"""Attacks on the page, over a real port: whoever is not its person gets and does nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from echo_pages import forms, serving
from echo_pages.door import TICKET_MS
from echo_testing.browsing import Browser, Room, follow
from echo_testing.waiting import LONG_S, until

NOBODY = 65534
TOO_LONG = b"GET / HTTP/1.1\r\nX: " + b"y" * 500_000  # asyncio reads 256 KiB at once

_STRANGER = """
import os, socket, sys
os.setgid({nobody}); os.setuid({nobody})
family = socket.AF_INET6 if sys.argv[2] == "mapped" else socket.AF_INET
address = "::ffff:127.0.0.1" if sys.argv[2] == "mapped" else "127.0.0.1"
with socket.socket(family) as s:
    s.settimeout(300)
    s.connect((address, int(sys.argv[1])))
    try:
        s.sendall(sys.stdin.buffer.read())
        print(s.recv(65536).decode("latin-1"))
    except OSError:
        pass
"""


def port_of(browser: Browser) -> int:
    port = urlsplit(browser.url).port
    assert port is not None
    return port


async def enter(room: Room) -> Browser:
    return await follow(await room.link())


async def raw(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    try:
        return await reader.read()
    finally:
        writer.close()


# --- replayed and guessed links --------------------------------------------------------------


async def test_a_link_works_once_and_is_gone_from_the_address(room: Room) -> None:
    link = await room.link()
    token = link.rsplit("/", 1)[1]
    async with httpx.AsyncClient(trust_env=False, timeout=LONG_S) as client:
        first = await client.get(link)
        assert first.status_code == 303
        assert token not in first.headers["location"]
        cookie = first.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        place = first.headers["location"]
        assert f"path={place};" in f"{cookie};"
        assert (await client.get(f"{_origin(link)}{place}")).status_code == 200
    async with httpx.AsyncClient(trust_env=False, timeout=LONG_S) as client:
        second = await client.get(link)
        assert second.status_code == 403
        assert "set-cookie" not in second.headers
        assert (await client.get(f"{_origin(link)}{place}")).status_code == 403
    assert token not in room.logged()
    assert place.strip("/") not in room.logged()


async def test_a_link_that_nobody_follows_closes_the_port(room: Room) -> None:
    link = await room.link()
    await until(lambda: bool(room.clock.sleeping))
    room.clock.pass_ms(TICKET_MS)
    await until(lambda: not room.is_open)
    with pytest.raises(ConnectionError):
        await raw(urlsplit(link).port or 0, b"")
    assert await enter(room)  # and it opens again


async def test_a_guessed_link_opens_nothing(room: Room) -> None:
    link = await room.link()
    async with httpx.AsyncClient(trust_env=False, timeout=LONG_S) as client:
        for token in ("", "x", link.rsplit("/", 1)[1][:-1], "..%2f..", "%00"):
            answer = await client.get(f"{_origin(link)}/open/{token}")
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


async def test_a_link_is_not_used_up_by_looking_ahead(room: Room) -> None:
    link = await room.link()
    async with httpx.AsyncClient(trust_env=False, timeout=LONG_S) as client:
        ahead = await client.get(link, headers={"sec-purpose": "prefetch"})
        assert ahead.status_code == 403
        assert (await client.get(link)).status_code == 303


# --- other users -----------------------------------------------------------------------------


async def test_without_the_cookie_there_is_nothing(room: Room) -> None:
    browser = await enter(room)
    for path in (*room.paths, "/nothing"):
        async with httpx.AsyncClient(trust_env=False, timeout=LONG_S) as stranger:
            answer = await stranger.get(f"{browser.url}{path}")
        assert answer.status_code == 403
        assert "csrf" not in answer.text


async def test_a_cookie_holds_for_the_pages_folder_alone(room: Room) -> None:
    browser = await enter(room)
    for path in (*room.paths, f"/{'0' * 24}/"):
        assert (await browser.client.get(f"{browser.origin}{path}")).status_code == 403


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.getuid() != 0,
    reason="only root can become another user, and only Linux says whose a connection is",
)
@pytest.mark.parametrize("family", ["plain", "mapped"])
async def test_another_user_is_hung_up_on_even_with_a_good_cookie(room: Room, family: str) -> None:
    browser = await enter(room)
    port = port_of(browser)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    path = urlsplit(browser.url).path
    asked = f"GET {path}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
    mine = await raw(port, asked.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").encode())
    assert mine.startswith(b"HTTP/1.1 200")
    stranger = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _STRANGER.format(nobody=NOBODY),
        str(port),
        family,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    answer, complaint = await stranger.communicate(asked.encode())
    assert stranger.returncode == 0, complaint
    assert answer.strip() == b""  # an end, or a reset, whichever comes first
    assert f"{room.name}.foreign_user" in room.logged()


# --- other origins, other names --------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", ""])
async def test_a_name_that_points_here_gets_nothing(room: Room, host: str) -> None:
    browser = await enter(room)
    answer = await browser.get("/", host=host)
    assert answer.status_code == 421
    assert "csrf" not in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_may_not_lead_in(room: Room, site: str) -> None:
    browser = await enter(room)
    before = room.done()
    answer = await browser.get("/", sec_fetch_site=site)
    assert answer.status_code == 403
    assert f'<a href="{urlsplit(browser.url).path}/">' in answer.text  # a person may go on
    elsewhere = await browser.client.get(
        f"{browser.origin}//evil.example/", headers={"sec-fetch-site": site}
    )
    assert 'href="//' not in elsewhere.text
    sent = await browser.post(*room.form, sec_fetch_site=site)
    assert sent.status_code == 403
    assert room.done() == before


# --- forged forms ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "null"}, {"origin": ""}],
    ids=["another", "null", "none"],
)
async def test_a_form_from_elsewhere_does_nothing(room: Room, headers: dict[str, str]) -> None:
    browser = await enter(room)
    answer = await browser.post(*room.form, **headers)
    assert answer.status_code == 403
    assert room.done() == 0


async def test_a_form_needs_its_session_s_word(room: Room) -> None:
    browser, other = await enter(room), await enter(room)
    for word in ("", "x", other.csrf):
        assert (await browser.post(*room.form, csrf=word)).status_code == 403
    assert room.done() == 0
    assert (await browser.post(*room.form)).status_code == 303
    assert room.done() == 1


async def test_looking_changes_nothing(room: Room) -> None:
    browser = await enter(room)
    for path in (*room.deeds, "/leave"):
        fields = "&".join(f"{name}={said}" for name, said in room.form[1].items())
        asked = f"{path}?csrf={browser.csrf}&{fields}&word=erase&what=all"
        assert (await browser.get(asked)).status_code == 404
    assert room.done() == 0


# --- what is malformed, too long or too slow -------------------------------------------------


async def test_no_path_leads_to_a_file(room: Room) -> None:
    browser = await enter(room)
    port, path = port_of(browser), urlsplit(browser.url).path
    cookie = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    for ending in (
        "/../../etc/passwd",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/templates/base.html",
        "/templates/base.html",
        "/samples/..%2f..%2f1",
        "/datasets/..%2f..%2f1",
        "/runs/../../trainer.toml",
        "/runs/r/gate/adapter/..%2frun.json",
        "/export/..%2f..%2fstore.db",
        "/style.css%00.html",
        "\\..\\..\\x",
    ):
        for base in (path, ""):
            asked = f"GET {base}{ending} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            whole = f"{asked}Cookie: {cookie}\r\nConnection: close\r\n\r\n"
            answer = await raw(port, whole.encode())
            assert answer.split(b" ")[1] in (b"400", b"403", b"404"), answer[:80]
            assert b"root:" not in answer
            assert b"{%" not in answer


async def test_too_much_is_refused(room: Room) -> None:
    browser = await enter(room)
    path, fields = room.form
    long = {**fields, "more": "x" * forms.FORM_BYTES_MAX}
    assert (await browser.post(path, long)).status_code == 403
    many = {**fields, **{f"f{n}": "" for n in range(forms.FORM_FIELDS_MAX)}}
    assert (await browser.post(path, many)).status_code == 403
    with contextlib.suppress(ConnectionError):  # it may be hung up on before it has said all
        assert (await raw(port_of(browser), TOO_LONG)).startswith(b"HTTP/1.1 400")
    file = await browser.client.post(
        f"{browser.url}{path}",
        files={"csrf": browser.csrf.encode()},
        headers={"origin": browser.origin},
    )
    assert file.status_code == 403
    name, said = next(iter(fields.items()))
    twice = f"csrf={browser.csrf}&{name}={said}&{name}={said}"
    answer = await browser.client.post(
        f"{browser.url}{path}",
        content=twice,
        headers={
            "origin": browser.origin,
            "content-type": "application/x-www-form-urlencoded",
        },
    )
    assert answer.status_code == 403
    assert room.done() == 0


async def test_who_is_slow_is_hung_up_on(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await enter(room)
    port, path = port_of(browser), urlsplit(browser.url).path
    with monkeypatch.context() as hurried:
        hurried.setattr(serving, "ASK_S_MAX", 0.05)
        assert await raw(port, b"") == b""
        assert await raw(port, b"GET / HTT") == b""
    monkeypatch.setattr(forms, "FORM_S_MAX", 0.05)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    asked = (
        f"POST {path}{room.form[0]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
        f"Origin: {browser.origin}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: 100\r\nConnection: close\r\n\r\ncsrf="
    )
    assert b"did not arrive" in await raw(port, asked.encode())


async def test_every_answer_says_what_browsers_may_do_with_it(room: Room) -> None:
    browser = await enter(room)
    answers = [
        await browser.get("/"),
        await browser.get("/nothing"),
        await browser.get("/", host="evil.example"),
        await browser.post(room.form[0], {}, csrf=""),
        await browser.client.get(f"{browser.origin}/style.css"),
    ]
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'none';")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers


async def test_leaving_ends_the_session(room: Room) -> None:
    browser = await enter(room)
    assert (await browser.post("/leave", {})).status_code == 200
    assert (await browser.get("/")).status_code == 403


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
