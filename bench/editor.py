"""What the VS Code extension costs: its start, its size, and the memory of what it starts.

`python -m bench.editor`, through `make bench-editor`, which builds the extension first.

A real VS Code (code-server) opens windows one after the other, with a fake engine behind the real
server and daemon: figures of Echo without a model. Each window's log says how long activation took,
and when the server had answered.

Left out: weights and what an engine holds (`bench.latency`). There is no peer: no other extension
for completion is in a package registry as a file that could be installed here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench import report
from echo_core.showing.metrics import percentile
from echo_runtime.clock import SystemClock

ROOT: Final = Path(__file__).parents[1]
MEGABYTE: Final = 1e6


def measured(environ: dict[str, str]) -> dict[str, list[float] | list[dict[str, object]] | int]:
    """What the story found; its words go to standard error."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        subprocess.run(
            [ROOT / "packaging" / "editor.sh", "test", "measure"],
            env=environ | {"ECHO_FIGURES": str(file), "VENV": sys.prefix},
            stdout=sys.stderr,
            check=True,
        )
        found: dict[str, list[float] | list[dict[str, object]] | int]
        found = json.loads(file.read_text(encoding="utf-8"))
        return found


def reported(found: dict[str, object]) -> report.Report:
    """The figures as a report."""

    def times(name: str) -> list[float]:
        values = found[name]
        assert isinstance(values, list)
        return sorted(float(each) for each in values)

    rows = found["rss"]
    assert isinstance(rows, list)
    servers = [each["rss"] / MEGABYTE for each in rows if each["kind"] == "echo-lsp"]
    daemons = [each["rss"] / MEGABYTE for each in rows if each["kind"] == "echo_daemon"]
    size = found["vsix_bytes"]
    assert isinstance(size, int)
    return report.Report(
        bench="editor",
        when=report.when(SystemClock().wall_ms()),
        machine=report.machine(),
        model="",
        values={
            "activation_ms_p50": percentile(times("activation_ms"), 50),
            "window_rss_mb": max(servers, default=None),
            "vsix_mb": size / MEGABYTE,
        },
        detail={
            "activation_ms": times("activation_ms"),
            "server_ready_ms": times("ready_ms"),
            "server_rss_mb": servers,
            "daemon_rss_mb": daemons,
            "windows": len(servers),
            "peer": "none: no other extension can be installed from a package registry",
        },
    )


def main() -> None:
    """Measure, and print one line."""
    print(reported({**measured(dict(os.environ))}).as_line())


if __name__ == "__main__":
    main()
