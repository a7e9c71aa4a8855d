"""`bench.editor`: from what the story found to a report; the story itself needs a real VS Code."""

from __future__ import annotations

import json

from bench import editor


def test_what_was_found_becomes_figures() -> None:
    found = {
        "activation_ms": [30.0, 10.0, 20.0],
        "ready_ms": [900.0],
        "rss": [
            {"kind": "echo-lsp", "rss": 50_000_000},
            {"kind": "echo-lsp", "rss": 51_000_000},
            {"kind": "echo_daemon", "rss": 100_000_000},
        ],
        "vsix_bytes": 1_200_000,
    }
    line = json.loads(editor.reported(found).as_line())
    assert {name: row["value"] for name, row in line["figures"].items()} == {
        "activation_ms_p50": 20.0, "window_rss_mb": 51.0, "vsix_mb": 1.2
    }  # fmt: skip
    assert all(row["holds"] for row in line["figures"].values())
    assert line["detail"]["windows"] == 2
