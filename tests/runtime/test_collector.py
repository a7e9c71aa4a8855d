"""`echo_runtime.collector`: what is there is kept, and what comes later is still collected."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

from echo_runtime import collector

PROGRAM = "from test_collector import main; main()"


class Node:
    """Something that can hold itself."""

    def __init__(self) -> None:
        self.itself = self


def main() -> None:
    """In a process of its own: what is asked here stays for good."""
    before = len(gc.get_objects())
    collector.keep_what_is_there()
    assert gc.get_freeze_count() >= before // 2
    assert len(gc.get_objects()) < before // 2
    gone = weakref.ref(Node())
    for _ in range(2 * collector.NEW_OBJECTS_MAX):
        Node()
    assert gone() is None


def test_what_is_there_is_kept_and_what_comes_is_collected() -> None:
    path = [*sys.path, __file__.rpartition("/")[0]]
    program = f"import sys; sys.path[:] = {path!r}; {PROGRAM}"
    subprocess.run([sys.executable, "-c", program], check=True)
