"""Files that their workspace's people did not write: by their path, by what their head says.

Left out: what follows from it (`echo_core.experience.past`, `echo_core.judging.checks.debris`).

Rules
 - A folder's name decides wherever it stands, a file's name by its end.
 - A head says so in a comment: code that makes such heads holds the same words in a string.
"""

from __future__ import annotations

import re
from typing import Final

# Folders that hold other people's code.
VENDORED: Final = frozenset(
    {"bower_components", "node_modules", "pods", "site-packages", "third-party", "third_party",
     "thirdparty", "vendor", "vendored", "_vendor", "_vendored", ".venv", "venv"}
)  # fmt: skip
# And a tool's output.
MADE: Final = frozenset({"dist", "generated", "__generated__"})
# Output too, but for packages of that name in languages whose output is no source.
_BUILT: Final = frozenset({"build", "target"})
_COMPILED: Final = (".go", ".java", ".kt", ".rs", ".scala")

_MADE_NAME: Final = re.compile(
    r"_pb2(?:_grpc)?\.pyi?$|\.pb(?:\.gw|\.validate)?\.go$|\.pb\.(?:cc|h)$|_generated\.\w+$"
    r"|\.generated\.\w+$|\.g\.dart$|\.freezed\.dart$|\.designer\.cs$|\.g\.cs$|_string\.go$"
    r"|^zz_generated\.|(?:^|[-.])lock(?:\.json|\.yaml|\.yml)?$|^package-lock\.json$|\.lockb?$"
    r"|^go\.sum$|\.snap$|\.map$"
)
_MINIFIED_NAME: Final = re.compile(r"[.-]min\.(?:js|mjs|css)$|\.bundle\.js$")

HEAD_CHARS: Final = 2000  # of a file, in which a generator names itself
_COMMENT = r"^[ \t]*(?:#|//|/?\*|--|;|%|<!--|\"\"\"|''')"
_MADE_HEAD: Final = re.compile(
    _COMMENT + r"(?:.*?(?:(?<![\w`\"'])@generated\b"
    r"|\bcode generated\b.*\bdo not edit"
    r"|\bdo not (?:edit|modify)(?: (?:this|the) file| by hand| manually|[.!]|[ \t]*(?:\*/)?$)"
    r"|\bthis (?:file|code|module|header|document)\b.{0,40}\bgenerated\b)"
    r"|[^\w\r\n]*(?:(?:auto-?|automatically |machine[- ])generated\b"
    r"|generated (?:automatically )?(?:by|from|on)\b))",
    re.IGNORECASE | re.MULTILINE,
)


def is_vendored(path: str) -> bool:
    """Whether a path, with slashes, leads through a folder of other people's code."""
    return not VENDORED.isdisjoint(path.lower().split("/")[:-1])


def is_made(path: str) -> bool:
    """Whether a path is one of a program's output."""
    *folders, name = path.lower().split("/")
    built = not _BUILT.isdisjoint(folders) and not name.endswith(_COMPILED)
    return built or not MADE.isdisjoint(folders) or _MADE_NAME.search(name) is not None


def is_minified(path: str) -> bool:
    """Whether a file's name says that it was made small for machines."""
    return _MINIFIED_NAME.search(path.lower()) is not None


def says_made(head: str) -> bool:
    """Whether a comment at the beginning of `head` says that a program wrote the file."""
    return _MADE_HEAD.search(head[:HEAD_CHARS]) is not None
