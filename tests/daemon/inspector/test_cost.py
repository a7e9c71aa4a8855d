"""What nobody asked for costs nothing: no web server is imported before somebody wants a link."""

from __future__ import annotations

import subprocess
import sys

_LOADED = "import sys, echo_daemon.app; print(*sorted({n.partition('.')[0] for n in sys.modules}))"
_HEAVY = {"anyio", "h11", "jinja2", "starlette", "uvicorn"}


def test_a_daemon_loads_no_web_server_by_itself() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", _LOADED],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "echo_daemon" in loaded
    assert not _HEAVY & set(loaded)
