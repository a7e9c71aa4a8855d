"""`echoctl mine`: gaps, samples and looks, made again from what was recorded."""

from __future__ import annotations

import sys

import click

from echo_core.records import wire
from echo_daemon.ctl.around import around
from echo_runtime.rpc import Peer

REBUILD_MS_MAX = 3_600_000  # a year of all-day typing is folded in less


@click.command()
@click.option("--rebuild", is_flag=True, required=True, help="Make them again from the log.")
@click.option("--requests", is_flag=True, help="Name the requests whose samples differ.")
@click.pass_context
def mine(context: click.Context, *, rebuild: bool, requests: bool) -> None:
    """Make all gaps, samples and looks again from the recorded events.

    The events are the truth, and what is mined live is what a rebuild mines: unless Echo's rules
    have changed since, nothing differs. What is recorded meanwhile waits and is not lost.

    \b
    Examples:
      echoctl mine --rebuild
    """
    del rebuild
    report = around(context).with_daemon(_rebuild)
    click.echo(
        f"{report.events:,} events of {report.sessions:,} sessions;"
        f" {report.gaps:,} gaps, {report.gaps_differing:,} of them differ"
    )
    click.echo(f"samples before {report.samples_before:,}, after {report.samples_after:,}")
    click.echo(f"identical {report.samples_identical:,}, differing {report.samples_differing:,}")
    click.echo(f"looks: identical {report.looks_identical:,}, differing {report.looks_differing:,}")
    if requests:
        for request in report.differing:
            click.echo(request)


async def _rebuild(peer: Peer) -> wire.RebuildReport:
    peer.on(wire.MINE_PROGRESS, _say)
    nothing = wire.Nothing()
    report = await peer.request(
        wire.MINE_REBUILD, nothing, wire.RebuildReport, timeout_ms=REBUILD_MS_MAX
    )
    if sys.stderr.isatty():
        click.echo(err=True)
    return report


def _say(so_far: wire.RebuildProgress) -> None:
    """On one line that is written over, where somebody looks."""
    if sys.stderr.isatty():
        words = f"\rsession {so_far.sessions} of {so_far.sessions_all}, {so_far.events:,} events"
        click.echo(words, nl=False, err=True)
