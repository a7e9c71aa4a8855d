"""Every rule can fail: small bad inputs beside the good ones that they resemble."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tidy import rules


def lines(complaints: Iterable[str]) -> int:
    """How many complaints there are; each is one line."""
    found = list(complaints)
    assert all("\n" not in line for line in found)
    return len(found)


def whole(text: str) -> str:
    """`text` without the dots that keep this file from breaking the rules itself."""
    return text.replace("·", "")


@pytest.mark.parametrize(
    ("path", "source", "complaints"),
    [
        ("echo_core/a.py", "'a'.splitlines()", 1),
        ("echo_core/a.py", "'a'.split('\\n')  # never .splitlines()", 0),
        ("echo_lsp/a.py", "time.sleep(1)", 1),
        ("echo_lsp/a.py", "asyncio.sleep(1)", 1),
        ("echo_lsp/a.py", "asyncio.sleep(0)", 0),
        ("echo_runtime/clock.py", "asyncio.sleep(1)", 0),
        ("echo_lsp/a.py", "clock.sleep_ms(1)", 0),
        ("echo_lsp/a.py", "datetime.now()", 1),
        ("echo_lsp/a.py", "datetime.datetime.now()", 1),
        ("echo_lsp/a.py", "time.time()", 1),
        ("echo_lsp/a.py", "print('x')", 1),
        ("echo_lsp/a.py", "console.print('x')", 0),
        ("daemon/echo_daemon/ctl/demo.py", "print('x')", 0),
    ],
)
def test_banned_calls(path: str, source: str, complaints: int) -> None:
    assert lines(rules.banned_calls(path, source)) == complaints


def test_a_banned_call_names_its_replacement() -> None:
    (line,) = rules.banned_calls("echo_core/a.py", "\nx.splitlines()\n")
    assert line.startswith("echo_core/a.py:2: ")
    assert "echo_core.text.document" in line


@pytest.mark.parametrize(
    ("text", "complaints"),
    [("# TO·DO: later", 1), ("FIX·ME", 1), ("mktemp XXXXXXX", 0), ("to do", 0)],
)
def test_leftovers(text: str, complaints: int) -> None:
    assert lines(rules.leftovers("a.md", whole(text))) == complaints


@pytest.mark.parametrize(
    ("path", "text", "complaints"),
    [
        ("a.md", "see /ro·ot/x", 1),
        ("a.md", "cd /wo·rk", 1),
        ("a.md", "patchwork/rooted, src/wo·rk/x, /work-in-progress", 0),
        ("a.md", "../sha·red/data", 1),
        (".ci/run", "../sha·red/data", 0),
        ("a.md", "https://py·pi.org/simple", 1),
        ("a.md", "pip install --ind·ex-url x", 1),
        ("a.md", "published on PyPI", 0),
        ("a.md", "in /srv/ada/echo/x", 1),
        ("a.md", "in /srv/ada/echoes", 0),
    ],
)
def test_host_names(path: str, text: str, complaints: int) -> None:
    assert lines(rules.host_names(path, whole(text), host_paths=("/srv/ada/echo",))) == complaints


def test_merge_marks() -> None:
    assert lines(rules.merge_marks("Makefile", "<" * 7 + " HEAD\na\n" + ">" * 7 + " main\n")) == 2
    assert lines(rules.merge_marks("Makefile", "a << 7\n    " + "<" * 7)) == 0


def test_source_root_packages() -> None:
    bad = ["tests/__init__.py", "daemon/__init__.py", "packaging/__init__.py"]
    good = ["echo_core/__init__.py", "daemon/echo_daemon/__init__.py", "tests/tidy/test_tree.py"]
    assert lines(rules.source_root_packages([*bad, *good])) == len(bad)


def test_docstring() -> None:
    assert lines(rules.docstring("a.py", "import os\n")) == 1
    assert lines(rules.docstring("a.py", "")) == 1
    assert lines(rules.docstring("a.py", '"""What it is."""\n')) == 0


def test_file_length() -> None:
    long, short = "\n" * (rules.FILE_LINES_MAX + 1), "\n" * rules.FILE_LINES_MAX
    assert lines(rules.file_length("a.py", short, {})) == 0
    assert lines(rules.file_length("a.py", long, {})) == 1
    assert lines(rules.file_length("a.py", long, {"a.py": rules.FILE_LINES_MAX + 1})) == 0
    assert lines(rules.file_length("a.py", long + "\n", {"a.py": rules.FILE_LINES_MAX + 1})) == 1
    assert lines(rules.file_length("a.py", short, {"a.py": rules.FILE_LINES_MAX + 1})) == 1


def test_function_lengths() -> None:
    body = "    x = 1\n" * rules.FUNCTION_LINES_MAX
    long = f"def f():\n{body}"
    assert lines(rules.function_lengths("a.py", "def f():\n    x = 1\n", {})) == 0
    assert lines(rules.function_lengths("a.py", long, {})) == 1
    assert lines(rules.function_lengths("a.py", f"async {long}", {})) == 1
    assert lines(rules.function_lengths("a.py", long, {"a.py:f": 61})) == 0
    assert lines(rules.function_lengths("a.py", long, {"a.py:f": 61, "a.py:gone": 70})) == 1
    method = "class C:\n    if True:\n" + "".join(f"        {row}\n" for row in long.split("\n"))
    (line,) = rules.function_lengths("a.py", method, {})
    assert line.startswith("a.py:C.f ")


def test_dead_modules() -> None:
    sources = {
        "p": "",
        "p.main": "import p.used\nfrom p import also\nargs = ['-m', 'p.worker']\n",
        "p.used": "",
        "p.also": "if TYPE_CHECKING:\n    from p.typed import T\n",
        "p.typed": "",
        "p.worker": "",
        "p.island": "import p.bridge\n",
        "p.bridge": "import p.island\n",
    }
    found = [line.partition(":")[0] for line in rules.dead_modules(sources, {"p.main"})]
    assert found == ["p.bridge", "p.island"]
