"""With everything off, no process of Echo reaches for anything but this machine.

Each process tells it itself: an audit hook, put into every Python of the test by a
`sitecustomize`, notes what is bound, connected, sent to or looked up.

Left out: what could connect (`tests/tidy/test_egress.py`), a week of it without leave
(`tests/daemon/sharing/test_on_the_wire.py`), what C libraries do: none of ours has a network.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from echo_core.records import wire
from echo_testing.house import House

DOC = "file:///w/a.py"
BOOK = "def add(a, b):\n    return a + b\n"
HOOK = """
import json, os, sys
def heard(event, arguments):
    if event in {"socket.bind", "socket.connect", "socket.sendto", "socket.getaddrinfo"}:
        address = arguments[0] if event == "socket.getaddrinfo" else arguments[-1]
        address = os.fsdecode(address) if isinstance(address, (str, bytes)) else list(address)
        line = json.dumps([os.getpid(), event, address]) + "\\n"
        place = os.open(FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(place, line.encode())
        os.close(place)
sys.addaudithook(heard)
"""


def is_local(event: str, address: object) -> bool:
    """Whether a socket goes no further than this machine."""
    if event == "socket.getaddrinfo":
        return address in ("localhost", "127.0.0.1", "::1")
    if isinstance(address, list):
        return ip_address(address[0]).is_loopback
    return isinstance(address, str)  # a path


async def test_with_everything_off_nothing_reaches_further_than_this_machine(
    fake_house: Callable[..., House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    hook = f"FILE = {str(told)!r}\n{HOOK}"
    (tmp_path / "sitecustomize.py").write_text(hook, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))  # what is here is on the path of what is started
    house = fake_house(BOOK)
    await house.editor.start(house.profile)
    await house.until_ready()
    house.editor.open(DOC, "def add(a, b):\n    retu")
    while not await house.editor.complete(DOC, len(house.editor.texts[DOC])):
        pass
    state = await house.ask(wire.CONSENT_SHOW, wire.Nothing(), wire.Consents)
    assert not any(each.on for each in state.switches)
    daemon = house.daemon_pid()
    whole = told.read_text(encoding="utf-8").rpartition("\n")[0]  # they go on writing
    lines = [json.loads(line) for line in whole.split("\n")]
    assert {pid for pid, event, _ in lines if event == "socket.bind"} >= {daemon}  # it hears
    assert len({pid for pid, _, _ in lines}) >= 2  # the server connected to it
    assert [each for each in lines if not is_local(*each[1:])] == []


@pytest.mark.parametrize(
    ("event", "address", "local"),
    [
        ("socket.connect", "/run/echo.sock", True),
        ("socket.connect", ["127.0.0.1", 4], True),
        ("socket.connect", ["10.0.0.1", 4], False),
        ("socket.bind", ["0.0.0.0", 4], False),
        ("socket.getaddrinfo", "localhost", True),
        ("socket.getaddrinfo", "example.org", False),
    ],
)
def test_what_is_local(event: str, address: object, local: bool) -> None:
    assert is_local(event, address) is local
