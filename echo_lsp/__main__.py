"""`echo-lsp`: started by an editor, speaks LSP on standard input and output."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from echo_core.errors import EchoError
from echo_lsp.server import EchoServer, version
from echo_lsp.stdio import open_reader, open_writer
from echo_runtime import cores
from echo_runtime.clock import SystemClock
from echo_runtime.collector import keep_what_is_there
from echo_runtime.logs import Label, Level, Log, silence_foreign, watch_loop
from echo_runtime.profile import Profile
from echo_runtime.settings_file import load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one editor window; the exit code is LSP's: 0 after shutdown and exit, 1 otherwise."""
    cores.leave_none()
    parser = argparse.ArgumentParser(
        prog="echo-lsp",
        description="Echo's language server. An editor starts it and speaks LSP 3.18 with it on "
        "standard input and output; it starts Echo's daemon where none runs.",
    )
    parser.add_argument("--version", action="version", version=f"echo-lsp {version()}")
    parser.add_argument("--stdio", action="store_true", help="what it does anyway")
    parser.parse_args(arguments)
    try:
        return _serve(Profile.locate(os.environ))
    except EchoError as error:
        sys.stderr.write(f"echo-lsp: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _serve(profile: Profile) -> int:
    silence_foreign()
    profile.prepare()
    clock = SystemClock()
    level = Level[load_settings(profile.config_file).log.level.upper()]
    log = Log(profile.state_dir, "echo-lsp", clock, level)

    async def run() -> int:
        watch_loop(asyncio.get_running_loop(), log)
        server = EchoServer(profile, clock, log, open_writer())
        return await server.run(await open_reader())

    log.info("lsp.started")
    keep_what_is_there()
    try:
        code = asyncio.run(run())
    except EchoError as error:
        log.error("lsp.failed", error=Label.of(error))
        raise
    log.info("lsp.ended", exit_code=code)
    return code


if __name__ == "__main__":
    sys.exit(main())
