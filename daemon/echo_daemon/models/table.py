"""A small JSON object in a file, as choices and sidecars are.

Left out: writing one (`echo_runtime.files`).
"""

from __future__ import annotations

import json
from pathlib import Path

from echo_core.errors import ModelError


def read_json(path: Path) -> dict[str, object] | None:
    """A small JSON object; None where there is no file.

    Raises:
        ModelError: the file is there but is not a JSON object.
    """
    try:
        table: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read; delete it.") from error
    if not isinstance(table, dict):
        raise ModelError(f"{path} is not what Echo writes; delete it.")
    return table
