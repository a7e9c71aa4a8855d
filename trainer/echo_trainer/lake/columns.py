"""Numbers and lists of numbers between Daft's columns, Arrow and NumPy, without a Python object
for each.

Left out: what they mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import daft
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def lists(arrays: Sequence[NDArray[Any]], kind: pa.DataType) -> pa.Array:
    """A column of lists, one from each array."""
    offsets = np.zeros(len(arrays) + 1, np.int64)
    np.cumsum([len(one) for one in arrays], out=offsets[1:])
    whole = np.concatenate(arrays) if arrays else np.zeros(0, np.uint64)
    return pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(whole, kind))


def arrays(column: daft.Series) -> list[NDArray[Any]]:
    """The arrays of a column of lists."""
    return arrays_of(column.to_arrow())


def arrays_of(column: pa.Array | pa.ChunkedArray) -> list[NDArray[Any]]:
    """The arrays of an Arrow column of lists."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    found: list[NDArray[Any]] = []
    for chunk in chunks:
        values = chunk.values.to_numpy(zero_copy_only=False)
        offsets = chunk.offsets.to_numpy()
        found += [values[one:two] for one, two in pairwise(offsets.tolist())]
    return found


def table(column: daft.Series, width: int) -> NDArray[Any]:
    """A column of lists that all have `width` numbers, as rows."""
    found = column.to_arrow()
    return np.asarray(found.flatten().to_numpy(zero_copy_only=False)).reshape(-1, width)


def records(**columns: pa.Array) -> daft.Series:
    """Columns as one column of records."""
    return daft.Series.from_arrow(pa.StructArray.from_arrays(list(columns.values()), list(columns)))
