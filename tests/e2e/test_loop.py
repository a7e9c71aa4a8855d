"""From a session and from three packages' histories to a dataset version, with every process real.

On SQLite and a folder, and on PostgreSQL and an S3-compatible store (`bench.loop`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bench import loop, postgres

FILES, COMMITS = 1, 2  # of each package: dozens of samples
TRACE_LINES = 1_500  # of the recorded one: a dozen samples

Gathered = tuple[loop.Person, dict[str, Any]]


def recorded_trace() -> Path | None:
    """Somebody's own hour, where it lies beside the checkout."""
    path = Path(os.environ.get("ECHO_DATA", "/nowhere")) / "svelte.trace.jsonl.gz"
    return path if path.is_file() else None


@pytest.fixture(name="gathered", scope="module")
def make_gathered(tmp_path_factory: pytest.TempPathFactory) -> Gathered:
    """A person who recorded, imported and judged."""
    found = recorded_trace()
    wanted = loop.Wanted(
        files=FILES, commits=COMMITS, trace=found, lines=TRACE_LINES if found else 0
    )
    return loop.gathered(tmp_path_factory.mktemp("g"), wanted)


@pytest.mark.parametrize("kind", loop.KINDS)
def test_what_was_kept_becomes_a_version(kind: str, gathered: Gathered, tmp_path: Path) -> None:
    if kind == "remote" and postgres.programs() is None:
        pytest.skip("no PostgreSQL on this machine: apt-get install postgresql")
    person, counts = gathered
    assert all(counts["imported"].values())
    assert counts["replayed"]
    assert 0 < counts["kept_of_history"] < counts["kept"]
    with loop.storage(kind) as settings:
        found = loop.curated(tmp_path, person, settings)
    # What history made, and what was kept in the session: both arrived, both are in the version.
    assert counts["kept_of_history"] < found["sent"]
    assert found["opened"]["bundles"] >= 2
    assert found["parts"]["train"] > counts["kept_of_history"] // 2
