"""The organisation's policy: files that an administrator puts in the system's folders.

Left out: what stands in them (`echo_core.sharing.consent.policy_of`), where they lie
(`echo_runtime.profile`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from echo_core.sharing.consent import POLICY_BYTES_MAX, Policy, policy_of


def read_policy(files: Iterable[Path]) -> Policy:
    """All of the files together: what one of them forbids is forbidden."""
    found = [policy_of(*content) if content else _DAMAGED for content in map(_content, files)]
    return Policy(
        frozenset(switch for policy in found for switch in policy.forbids),
        damaged=any(policy.damaged for policy in found),
    )


_DAMAGED = Policy(damaged=True)


def _content(file: Path) -> tuple[bytes | None] | None:
    """What is in a file, or that there is none; None where it cannot be read."""
    try:
        with file.open("rb") as opened:
            return (opened.read(POLICY_BYTES_MAX + 1),)
    except (FileNotFoundError, NotADirectoryError):
        return (None,)
    except OSError:
        return None
