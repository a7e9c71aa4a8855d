"""What a model is asked before it takes over: three cursors in plain code.

Left out: how good it is; that was measured before it was published.
"""

from __future__ import annotations

from typing import Final

from echo_core.completion.window import Window
from echo_engine.api import Job

TOKENS_MAX: Final = 12
DEADLINE_MS: Final = 60_000.0  # for 40 tokens of prompt, on one thread beside other work

_WINDOWS: Final = (
    Window("", "def add(a, b):\n    return a +", "\n\n\nprint(add(1, 2))\n"),
    Window("", "for (let i = 0; i < items.length; i++) {\n  console.log(items[", "]);\n}\n"),
    Window("", "import os\nimport sys\n\n\ndef main():\n    print(", "\n"),
)
JOBS: Final = tuple(Job(window, TOKENS_MAX, DEADLINE_MS) for window in _WINDOWS)
