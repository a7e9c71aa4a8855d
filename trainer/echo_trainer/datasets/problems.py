"""Files of evaluation problems, so that their texts can be kept out of what is trained on.

    *.jsonl, *.jsonl.gz    one problem a line: all of its texts count, as `prompt`, `suffix`,
                           `canonical_solution` of HumanEval-Infilling
    anything else          the file is one problem

Left out: what is compared (`echo_trainer.curation.contamination`).
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from echo_core.errors import InputError

_IN_ORDER: Final = ("prompt", "canonical_solution", "suffix")  # where they are one text


def problem_texts(paths: Sequence[Path]) -> list[str]:
    """The texts of all files.

    Raises:
        InputError: one cannot be read.
    """
    return [text for path in paths for text in _texts(path)]


def digest_of_problems(texts: Iterable[str]) -> str:
    """What a manifest says of them."""
    return sha256("\0".join(sorted(texts)).encode("utf-8", "surrogatepass")).hexdigest()


def _texts(path: Path) -> Iterator[str]:
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        text = content.decode()
        if ".jsonl" not in path.suffixes:
            yield text
            return
        for line in text.split("\n"):
            if line.strip():
                yield from _of_line(json.loads(line))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{path} is no readable file of problems.") from error


def _of_line(problem: object) -> Iterator[str]:
    if not isinstance(problem, dict):
        raise ValueError("a problem is an object")
    whole = "".join(str(problem.get(name, "")) for name in _IN_ORDER)
    if whole:
        yield whole
    yield from (
        said for name, said in problem.items() if isinstance(said, str) and name not in _IN_ORDER
    )
