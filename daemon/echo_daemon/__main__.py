"""`echo-daemon`: the one background process of a user; editors start it, nobody else needs to."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import traceback
from importlib.metadata import version
from pathlib import Path

from echo_core.errors import EchoError
from echo_daemon.app import serve
from echo_runtime import cores
from echo_runtime.clock import SystemClock
from echo_runtime.collector import keep_what_is_there
from echo_runtime.logs import Label, Log, silence_foreign
from echo_runtime.profile import Profile


def main() -> None:
    """Serve until told to stop; leave at once, with 0, where another daemon serves already."""
    cores.leave_none()
    parser = argparse.ArgumentParser(
        prog="echo-daemon",
        description="Echo's background process; started by echo-lsp and echoctl when needed.",
    )
    parser.add_argument(
        "--version", action="version", version=f"echo-daemon {version('echo-completion')}"
    )
    parser.parse_args()
    silence_foreign()
    profile = Profile.locate(os.environ)
    keep_what_is_there()
    try:
        asyncio.run(serve(profile))
    except EchoError as error:
        sys.stderr.write(f"{error}\n")
        _log(profile).error("daemon.refused", error=Label.of(error), reason=Label(str(error)))
        sys.exit(error.exit_code)
    except Exception as error:
        # Nobody sees its standard error, so the place of a bug goes into the log; the message
        # of a foreign exception may quote anything and does not.
        place = traceback.extract_tb(error.__traceback__)[-1]
        at = Label(f"{Path(place.filename).name}:{place.lineno}")
        _log(profile).error("daemon.crashed", error=Label.of(error), at=at)
        raise


def _log(profile: Profile) -> Log:
    return Log(profile.state_dir, "daemon", SystemClock())


if __name__ == "__main__":
    main()
