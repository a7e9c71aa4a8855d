"""`echo-daemon`: the one background process of a user; editors start it, nobody else needs to."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from importlib.metadata import version

from echo_core.errors import EchoError
from echo_daemon.app import serve
from echo_runtime.logs import silence_foreign
from echo_runtime.profile import Profile


def main() -> None:
    """Serve until told to stop; leave at once, with 0, where another daemon serves already."""
    parser = argparse.ArgumentParser(
        prog="echo-daemon",
        description="Echo's background process; started by echo-lsp and echoctl when needed.",
    )
    parser.add_argument(
        "--version", action="version", version=f"echo-daemon {version('echo-completion')}"
    )
    parser.parse_args()
    silence_foreign()
    try:
        asyncio.run(serve(Profile.locate(os.environ)))
    except EchoError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
