"""What decided something: Echo's version, and a digest of the modules that did.

Left out: which modules those are; whoever writes the version into a document knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

_DIGEST_CHARS = 16


@cache
def code_version(packages: tuple[str, ...], modules: tuple[tuple[str, str], ...]) -> str:
    """Of all modules of `packages`, and of single `modules`: package and file name."""
    texts = [each for name in packages for each in _sources(name)]
    texts += [files(name) / file for name, file in modules]
    whole = sha256()
    for each in sorted(texts, key=lambda one: one.name):
        whole.update(each.name.encode() + b"\0" + each.read_bytes())
    return f"{version('echo-completion')} {whole.hexdigest()[:_DIGEST_CHARS]}"


def _sources(package: str) -> Iterable[Traversable]:
    return (each for each in files(package).iterdir() if each.name.endswith(".py"))
