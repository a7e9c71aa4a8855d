r"""Line ends, where two texts of one file differ in nothing else.

Version control may keep `\n` where the editor shows `\r\n` (autocrlf, `eol` in .gitattributes), and
some editors show `\n` where the file has `\r\n`. Neither is a change of the code.

Left out: reading the repository's attributes: whatever they say, a line end is no code.

Rules
 - A lone `\r` is left as it is, as git leaves it.
"""

from __future__ import annotations

from itertools import takewhile


def like(text: str, reference: str) -> str:
    r"""`text` with the line ends of `reference`, which may be mixed.

    Then lines that both texts begin or end with have theirs, and all between the commoner kind.
    """
    theirs = reference.split("\n")
    crlf = sum(line.endswith("\r") for line in theirs[:-1])
    lf = len(theirs) - 1 - crlf
    if not crlf + lf:
        return text
    ours = text.replace("\r\n", "\n").split("\n")
    usual = "\r\n" if crlf > lf else "\n"
    if not crlf or not lf:
        return usual.join(ours)
    ends = [usual] * (len(ours) - 1)
    head = _same(ours[:-1], theirs[:-1])
    tail = min(_same(ours[-2::-1], theirs[-2::-1]), len(ends) - head, len(theirs) - 1 - head)
    for at in range(head):
        ends[at] = _end(theirs[at])
    for at in range(1, tail + 1):
        ends[-at] = _end(theirs[-1 - at])
    return "".join(line + end for line, end in zip(ours, [*ends, ""], strict=True))


def _end(line: str) -> str:
    return "\r\n" if line.endswith("\r") else "\n"


def _same(ours: list[str], theirs: list[str]) -> int:
    """How many lines both begin with, whatever ends them."""
    pairs = zip(ours, theirs, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1].removesuffix("\r"), pairs))
