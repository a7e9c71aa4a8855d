"""All sources, in the order in which they are tried; the one place that names them."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from echo_daemon.models.sources.hub import Hub, hub_settings
from echo_daemon.models.sources.source import Source, SourceName
from echo_daemon.models.sources.wheels import Wheels


def all_sources(environ: Mapping[str, str]) -> tuple[Source, ...]:
    """Hub, then wheels, set up from an environment."""
    return (Hub(hub_settings(environ)), Wheels(sys.executable, environ))


def only(sources: tuple[Source, ...], name: SourceName | None) -> tuple[Source, ...]:
    """The source called `name`, or all where it is None."""
    return tuple(source for source in sources if name in {None, source.name})
