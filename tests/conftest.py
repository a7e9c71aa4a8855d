"""What every test run has in common: its last lines count what ran and say why the rest did not."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing about the law.
settings.register_profile("echo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("echo")


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
    passed = len(stats.get("passed", []))
    failed = sum(len(stats.get(outcome, [])) for outcome in ("failed", "error", "xpassed"))
    skipped = len(stats.get("skipped", []))
    terminalreporter.write_line(f"{passed} passed, {failed} failed, {skipped} skipped")
