"""An S3-compatible store of one's own: moto's server, in memory, on a port of this machine.

Left out: durability and speed; it is here to be spoken to as S3 is.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

_STARTS_WITHIN_S: Final = 300  # it loads all of AWS's models first
_ENDS_WITHIN_S: Final = 60
_BUCKET: Final = "echo"
_PORT: Final = "* Running on "


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """A server with one bucket; the trainer's settings and AWS's variables that name it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = _address(server)
        # What it says of each request goes nowhere, and must not fill the pipe.
        with subprocess.Popen(["cat"], stdin=server.stderr, stdout=subprocess.DEVNULL) as drain:
            httpx.put(f"{url}/{_BUCKET}", timeout=_STARTS_WITHIN_S).raise_for_status()
            yield {
                "ECHO_TRAINER_STORAGE_OBJECTS": f"s3://{_BUCKET}/envelopes",
                "ECHO_TRAINER_STORAGE_LAKE": f"s3://{_BUCKET}/lake",
                "AWS_ENDPOINT_URL": url,
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "echo",
                "AWS_SECRET_ACCESS_KEY": "echo",
            }
            server.terminate()
            drain.wait(_ENDS_WITHIN_S)
    finally:
        server.kill()
        server.wait(_ENDS_WITHIN_S)


def _address(server: subprocess.Popen[str]) -> str:
    """Where it listens, as it says when it does."""
    assert server.stderr is not None
    for line in server.stderr:
        if _PORT in line:
            return line.partition(_PORT)[2].strip()
    raise SystemExit("moto's server did not start: pip install 'moto[s3]' flask flask-cors")
