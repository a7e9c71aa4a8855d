"""Where a document lies, as its URI says it: the path, and which folders hold it.

Left out: files. A link to another place is somebody else's to follow.

Rules
 - Paths here are absolute POSIX paths as text; a document that has none (`untitled:`) is nowhere.
 - A folder holds itself, so that a choice about one file can be made, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit


def path_of(uri: str) -> str:
    """The path of a document; empty where it has none.

    Any scheme with a path counts: the cells of a notebook lie where the notebook lies.
    """
    try:
        path = unquote(urlsplit(uri).path, errors="surrogateescape")
    except ValueError:  # a bracket without its partner in the host
        return ""
    return path.rstrip("/") or "/" if path.startswith("/") else ""


def holds(folder: str, path: str) -> bool:
    """Whether `path` is `folder` or lies in it."""
    inside = folder.rstrip("/") + "/"
    return bool(path) and (path + "/").startswith(inside)


def outermost(path: str, folders: Iterable[str]) -> str:
    """The shortest of `folders` that holds `path`; empty where none does."""
    return min((folder for folder in folders if holds(folder, path)), key=len, default="")


def below(uri: str, roots: Iterable[str]) -> str:
    """A document's path below the folder that holds it, of `roots`, which are URIs.

    Where none does, its name alone: what lies above is nobody's business.
    """
    path = path_of(uri)
    folder = outermost(path, [path_of(root) for root in roots])
    if folder:
        return path.removeprefix(folder.rstrip("/")).lstrip("/") or path.rpartition("/")[2]
    return path.rpartition("/")[2]
