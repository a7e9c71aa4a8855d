"""Whether a file may enter the log: built-in patterns, and `.echoignore` in its folders.

`.echoignore` is written like `.gitignore`. It may stand in any folder from the workspace's root
down to the file's; deeper ones win, and what a folder above shuts out as a folder stays out.

Left out: choices about whole workspaces (`echo_daemon.store.consent`), noticing that a file of
patterns changed, the completions in such files, which come all the same.

Rules
 - Built-in patterns cannot be taken back: nobody means to teach anything with a private key.
 - A link is judged by its own name and by that of what it leads to.
 - A `.echoignore` that cannot be read or understood shuts out its folder: strictest wins.
 - The files are read at every question, one for each folder: it is asked once an opening.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec, Pattern

from echo_core.places import holds, outermost

IGNORE_FILE: Final = ".echoignore"
IGNORE_BYTES_MAX: Final = 1 << 16  # 2,000 patterns; a larger one is a mistake
# In pathspec's expressions this group holds the "/" behind a folder that a pattern names.
_FOLDER_MARK: Final = "ps_d"
FOLDERS_MAX: Final = 64  # between a root and a file; deeper trees are made by machines

# Names are compared in lower case. What a pattern shuts out, a later one with "!" lets in again.
BUILT_IN: Final = (
    ".env*", "*.env",
    "id_*", "!id_*.*", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*",
    "*.pem", "*.key", "*.ppk", "*.asc", "*.gpg", "*.pgp",
    "*.crt", "*.cer", "*.der", "*.csr", "*.p7b", "*.p8", "*.p12", "*.pfx",
    "*.jks", "*.keystore", "*.truststore", "*.kdb", "*.kdbx", "*.agilekeychain", "*.keychain*",
    "*.ovpn", "*.mobileprovision", "*.tfvars", "*.tfstate*", "wallet.dat",
    ".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".my.cnf", ".htpasswd",
    ".git-credentials", ".vault-token", ".dockercfg", "kubeconfig",
    "credentials", "credentials.*", "*-credentials.*", "client_secret*.json",
    "service-account*.json", "service_account*.json", "secrets.*", ".secrets*",
    ".ssh/", ".gnupg/", ".aws/", ".azure/", ".kube/", "**/.docker/config.json", "**/gcloud/*.json",
    "**/gcloud/*.db",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The rule that keeps a file out of the log."""

    sentence: str


def excluded(path: str, roots: Sequence[str]) -> Exclusion | None:
    """Why the file at `path` is not recorded; None where it may be. Reads `.echoignore` files.

    `roots`: the workspace's folders. A file outside all of them is judged by its own folder.
    """
    real = os.path.realpath(path)
    for name in dict.fromkeys((path, real)):
        found = _built_in(name) or _ignored(name, roots)
        if found is not None:
            return found
    return None


def _built_in(path: str) -> Exclusion | None:
    index = _specification(BUILT_IN).check_file(path.lstrip("/").lower())
    if not index.include or index.index is None:
        return None
    return Exclusion(f"Files like `{BUILT_IN[index.index]}` are never recorded.")


def _ignored(path: str, roots: Sequence[str]) -> Exclusion | None:
    """What the files of patterns say, as git would."""
    root = outermost(path, roots) or os.path.dirname(path)  # noqa: PTH120 - text, not a file
    parts = [part for part in path[len(root) :].split("/") if part]
    if len(parts) > FOLDERS_MAX or not holds(root, path):
        return None
    patterns: list[tuple[Path, tuple[str, ...]]] = []
    folder = Path(root)
    for depth, part in enumerate(parts):
        lines = _lines(folder / IGNORE_FILE)
        if lines is None:
            return Exclusion(f"{folder / IGNORE_FILE} cannot be read or understood.")
        patterns.append((folder, lines))
        found = _decision(patterns, parts[: depth + 1], is_folder=depth + 1 < len(parts))
        if found is not None:
            return found
        folder /= part
    return None


def _decision(
    patterns: Sequence[tuple[Path, tuple[str, ...]]], parts: Sequence[str], *, is_folder: bool
) -> Exclusion | None:
    """The deepest file that says something about this folder or file wins."""
    for depth in range(len(patterns) - 1, -1, -1):
        folder, lines = patterns[depth]
        path = "/".join(parts[depth:])
        for index in range(len(lines) - 1, -1, -1):
            pattern = _specification(lines).patterns[index]
            if pattern.include is None or not _fits(pattern, path, is_folder=is_folder):
                continue
            if not pattern.include:
                return None
            return Exclusion(f"{folder / IGNORE_FILE}, line {index + 1}: `{lines[index].strip()}`.")
    return None


def _fits(pattern: Pattern, path: str, *, is_folder: bool) -> bool:
    """Whether a pattern names `path` itself, and not only a folder that it lies in.

    Folders above were asked before. What lets one of them in again says nothing of what it holds.
    """
    regex: re.Pattern[str] | None = getattr(pattern, "regex", None)
    if regex is None:
        return False
    if _FOLDER_MARK not in regex.groupindex:  # everything, or all that is inside a folder
        return regex.search(path) is not None
    named = path + "/" * is_folder
    ends = (found.end(_FOLDER_MARK) for found in regex.finditer(named))
    return any(end in (-1, len(named)) for end in ends)


def _lines(path: Path) -> tuple[str, ...] | None:
    """The patterns of a file; none where there is no file, None where it makes no sense."""
    try:
        with path.open("rb") as file:
            content = file.read(IGNORE_BYTES_MAX + 1)
        if len(content) > IGNORE_BYTES_MAX:
            return None
        given = content.decode().replace("\r\n", "\n").split("\n")
        # Empty lines would not be counted, and a rule is named by the number of its line.
        lines = tuple(line if line.strip() else "#" for line in given)
        _specification(lines)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError):  # a bad pattern is a ValueError, and so is text that is not UTF-8
        return None
    return lines


@lru_cache(maxsize=256)  # contents of the files of patterns in one workspace's folders
def _specification(lines: tuple[str, ...]) -> GitIgnoreSpec:
    # The plain backend by its name, so that nothing depends on what else is installed.
    return GitIgnoreSpec.from_lines(lines, backend="simple")
