"""What every test run has in common: its last lines count what ran and say why the rest did not.

Tests of real processes meet real machines: one that fails is run again, twice at most and a little
later, and the last lines name it as unsteady if it passes then. That is a defect to mend, not a
pass: the reason is printed. Pure tests are run once: they owe the machine nothing.

A daemon that outlives the run fails it: each costs memory, and whoever starts one ends it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from echo_testing import leftovers

# How long an example takes says how busy the machine is, and nothing about the law. Examples are
# the same in every run, so that what fails is what somebody changed, and what is covered stays so;
# ECHO_EXPLORE draws others each time.
settings.register_profile(
    "echo",
    deadline=None,
    derandomize=not os.environ.get("ECHO_EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("echo")

leftovers.mark_this_run()

# A run in the background of a shell ignores Ctrl-C, and so would every program that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
_OUTLIVED: list[str] = []
_RERUNS_MAX = 2
_RERUN_AFTER_S = 5  # whatever kept the processor may be over by then
_PURE = frozenset({"bench", "compat", "core", "golden", "laws", "tidy"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Further runs for what talks to processes, sockets and clocks."""
    tests = Path(__file__).parent
    for item in items:
        if config.pluginmanager.hasplugin("rerunfailures") and not (
            item.path.is_relative_to(tests) and item.path.relative_to(tests).parts[0] in _PURE
        ):
            again = pytest.mark.flaky(reruns=_RERUNS_MAX, reruns_delay=_RERUN_AFTER_S)
            item.add_marker(again)


@pytest.fixture(scope="session")
def weights() -> Callable[[str], Path]:
    """Where a model's file lies: in the folder that ECHO_MODELS names, else the test is skipped."""

    def find(name: str) -> Path:
        folder = os.environ.get("ECHO_MODELS", "")
        path = Path(folder) / name
        if not folder or not path.is_file():
            reason = f"the weights {name} are not in the folder that ECHO_MODELS names"
            print(reason)
            pytest.skip(reason)
        return path

    return find


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """After the last fixture: end what a test left running, and fail the run for it."""
    left = leftovers.daemons()
    _OUTLIVED.extend(map(str, left))
    leftovers.end(left)
    if left and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Generator[None, None, None]:
    """After every other summary: one line for each skip, then the counts.

    An error in a fixture counts as a failure: the test did not show what it is there to show.
    """
    yield
    stats = terminalreporter.stats
    for report in stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(
            f"skipped {report.nodeid}: {str(reason).removeprefix('Skipped: ')}"
        )
    for report in stats.get("xfailed", []):
        terminalreporter.write_line(f"failed as expected {report.nodeid}: {report.wasxfail}")
    lost = {report.nodeid for name in ("failed", "error") for report in stats.get(name, [])}
    unsteady = [report for report in stats.get("rerun", []) if report.nodeid not in lost]
    for report in unsteady:
        crash = getattr(report.longrepr, "reprcrash", None)
        terminalreporter.write_line(f"unsteady {report.nodeid}: {crash or report.when}")
    for each in _OUTLIVED:
        terminalreporter.write_line(f"left running: {each}")
    passed = len(stats.get("passed", []))
    failed = sum(len(stats.get(outcome, [])) for outcome in ("failed", "error", "xpassed"))
    failed += len(_OUTLIVED)
    skipped = len(stats.get("skipped", []))
    names = {report.nodeid for report in unsteady}
    again = f", {len(names)} unsteady (run again)" if names else ""
    terminalreporter.write_line(f"{passed} passed, {failed} failed, {skipped} skipped{again}")
