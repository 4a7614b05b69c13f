"""Reads and writes Parquet, where pyarrow is installed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from bulk.errors import BulkError
from pipeline.regular_file import open_file

_ROWS = 10_000


def rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """image_url and url_type of each row, those that there are."""
    parquet = _pyarrow_parquet()
    try:
        open_file(path).close()  # a pipe would be waited for
        with parquet.ParquetFile(path) as file:
            there = set(file.schema_arrow.names)
            columns = [name for name in ("image_url", "url_type") if name in there]
            if "image_url" not in columns:
                raise BulkError(f"{path} has no column image_url.")
            for batch in file.iter_batches(batch_size=_ROWS, columns=columns):
                yield from batch.to_pylist()
    except OSError as error:  # what pyarrow raises of damaged files is an OSError or a ValueError
        raise BulkError(f"{path} cannot be read: {_line(error)}.") from None
    except ValueError as error:
        raise BulkError(f"{path} is no Parquet file: {_line(error)}.") from None


def write(path: Path, rows: Iterable[Sequence[Any]], columns: Mapping[str, str]) -> None:
    """A file of rows. columns: name → Arrow's name of its type."""
    parquet = _pyarrow_parquet()
    import pyarrow

    schema = pyarrow.schema([(name, getattr(pyarrow, kind)()) for name, kind in columns.items()])
    rows = iter(rows)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while some := list(islice(rows, _ROWS)):
            arrays = [
                pyarrow.array(values, field.type)
                for values, field in zip(zip(*some, strict=True), schema, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def require() -> None:
    """BulkError where pyarrow is not installed."""
    _pyarrow_parquet()


def _pyarrow_parquet() -> Any:  # noqa: ANN401 - pyarrow has no types
    try:
        import pyarrow.parquet
    except ImportError:
        raise BulkError(
            "Parquet needs pyarrow, which is not installed here: run `make setup-bulk`, or use CSV."
        ) from None
    return pyarrow.parquet


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
