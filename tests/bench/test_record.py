"""`bench.record`: both sides record the same, and a workload is what an editor could have sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.record import BURST_KEYS, SIDES, Workload, from_trace, pooled, run, synthetic_day
from echo_core.experience.mining import Experience
from echo_core.records.events import Edited, Opened, Requested
from echo_daemon.store import database

TRACE = """\
{"t":0,"kind":"open","doc":"a.py","language":"python","text":"a\\n"}
{"t":5,"kind":"edit","doc":"a.py","edits":[[1,0,"b"]]}
{"t":6,"kind":"cursor","doc":"a.py","at":[2,2]}
{"t":9,"kind":"edit","doc":"a.py","edits":[[0,1,""]]}
{"t":10,"kind":"close","doc":"a.py","text":"b\\n"}
"""


def test_a_trace_is_a_workload(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(TRACE)
    workload = from_trace(path)
    assert (workload.keys, len(workload.events)) == (2, 5)
    asked = [event for event in workload.asking().events if isinstance(event, Requested)]
    assert [(event.offset, event.version) for event in asked] == [(2, 2)]


def test_a_synthetic_day_fits_its_documents() -> None:
    day = synthetic_day(10 * BURST_KEYS, seed=1)
    assert day.keys == 10 * BURST_KEYS
    assert day.events == synthetic_day(10 * BURST_KEYS, seed=1).events
    experience = Experience()
    for event in day.events:
        experience.feed(event)
    assert experience.documents == {}
    opened = [event.doc for event in day.events if isinstance(event, Opened)]
    assert {event.doc for event in day.events if isinstance(event, Edited)} <= set(opened)


@pytest.mark.parametrize("side", SIDES)
async def test_a_side_records_everything(side: str, tmp_path: Path) -> None:
    day: Workload = synthetic_day(2 * BURST_KEYS, seed=1).asking()
    cost = await run(side, day, tmp_path)
    assert (cost.events, cost.keys) == (len(day.events), 2 * BURST_KEYS)
    assert cost.bytes > 0
    assert pooled([cost, cost]).keys == 2 * cost.keys
    assert not database.exists(tmp_path / f"{side}.db")
