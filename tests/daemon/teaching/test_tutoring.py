"""What an endpoint may see: nothing before names are known, no credential, nobody's name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from echo_core.errors import StoreError
from echo_core.judging.checks.case import Case
from echo_daemon.teaching.endpoint import EndpointTeacher
from echo_daemon.teaching.local import LocalTeacher
from echo_daemon.tutoring import Tutoring
from echo_runtime.clock import SystemClock
from echo_runtime.settings_teacher import TeacherSettings
from echo_testing.scripted_background import ScriptedBackground
from echo_testing.waiting import until

SETTINGS = TeacherSettings(endpoint="https://teacher.example/v1", model="m")
ENVIRON = {"GIT_AUTHOR_NAME": "Ottoline Vandersloot", "HOME": "/nowhere"}
CASE = Case("python", "a.py", "# by Ottoline Vandersloot\nx = ", "1", "\n")


async def no_store() -> tuple[str, ...]:
    raise StoreError("none is open")


def tutoring(settings: TeacherSettings = SETTINGS) -> Tutoring:
    return Tutoring(ScriptedBackground(), settings, lambda: True, SystemClock(), ENVIRON)


@asynccontextmanager
async def learnt() -> AsyncGenerator[Tutoring]:
    one = tutoring()
    learning = asyncio.ensure_future(one.learn(no_store))
    try:
        await until(lambda: one.shown(replace(CASE, prefix="x = ")) is not None)
        yield one
    finally:
        learning.cancel()
        with suppress(asyncio.CancelledError):
            await learning
        await one.close()


def test_nothing_is_shown_before_names_are_known() -> None:
    assert tutoring().shown(CASE) is None


async def test_names_become_placeholders() -> None:
    async with learnt() as one:
        shown = one.shown(CASE)
        assert shown is not None
        assert shown.prefix == "# by <NAME>\nx = "
        assert (shown.target, shown.suffix) == (CASE.target, CASE.suffix)


@pytest.mark.parametrize(
    "target",
    ["'Ottoline Vandersloot'", "'A" + "KIA" + "QYLPMN5HHHFPZAM2'", "'" + "x" * 70_000 + "'"],
)
async def test_a_target_that_must_not_be_seen_is_not_shown(target: str) -> None:
    async with learnt() as one:
        assert one.shown(replace(CASE, target=target)) is None


async def test_who_teaches() -> None:
    assert isinstance(tutoring().teacher, EndpointTeacher)
    plain = tutoring(TeacherSettings())
    assert isinstance(plain.teacher, LocalTeacher)
    await plain.learn(no_store)  # nobody's names are asked for
    odd = tutoring(TeacherSettings(endpoint="http://far.example/v1"))
    assert not odd.usable
    assert isinstance(odd.teacher, LocalTeacher)
