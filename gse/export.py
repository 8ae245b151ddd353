"""How do tables reach the tools of others? As CSV, Parquet or NetCDF, with units and descriptions.

Takes tables by name, wherever they come from: a capture, a directory of decoded tables, an archive.
NetCDF follows the CF conventions: units, long_name, _FillValue, enumerations and flags as integers
with flag_values or flag_masks and flag_meanings, time as a coordinate in seconds of the spacecraft
clock. One file holds a group a packet there, and in CSV and Parquet all packets in the order of
time with a column that names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gse.archive import tables as archive
from gse.dictionary import Channel, Dictionary
from gse.errors import UserError

CSV, PARQUET, NETCDF = FORMATS = ("csv", "parquet", "netcdf")
_EXTENSIONS = {CSV: "csv", PARQUET: "parquet", NETCDF: "nc"}
_ROW = "packet"  # the dimension
_EPOCH = "2000-01-01 12:00:00"
_RAW = "_RAW"
_TEXT = np.dtype("O", metadata={"vlen": str})  # as h5py marks texts of any length
_COMMON = {
    "sclk_s": ("s", "spacecraft clock, whole seconds"),
    "sclk_fraction": ("", "spacecraft clock, fraction in 2^-16 s"),
    "time_from_ei_s": ("s", "time from the planned time zero: entry interface, or launch"),
    "sequence": ("", "packet sequence count"),
    "offset": ("", "octet of the file at which the frame begins"),
    "virtual_channel": ("", "virtual channel of the frame"),
}

Tables = Mapping[str, pa.Table]
Attributes = dict[str, Any]


def export(
    tables: Tables, out: Path, form: str, dictionary: Dictionary | None, *, one_file: bool = False
) -> list[Path]:
    """Writes tables that have rows: one file each into the directory out, or all into the file out.

    form: one of FORMATS. dictionary: what describes them; None: their own fields alone. Raises
    UserError when there is nothing to write, or it cannot be written.
    """
    described = {
        name: _described(table, dictionary) for name, table in tables.items() if len(table)
    }
    if not described:
        raise UserError("there is nothing to export: no packet was decoded")
    if not one_file:
        opened = _netcdf(dictionary) if form == NETCDF else archive.FORMATS[form]
        return archive.write_tables(described, None, out, _EXTENSIONS[form], opened)
    if out.is_dir():
        raise UserError(f"{out} is a directory: with --one-file, --out names a file")
    extension = out.suffix.removeprefix(".") or _EXTENSIONS[form]
    if form == NETCDF:
        whole = {out.stem: pa.table({})}

        def write_all(_: pa.Table, path: Path) -> None:
            _write_netcdf(described, path, dictionary)

        return archive.write_tables(
            whole, None, out.parent, extension, lambda path, _: archive.WholeFile(path, write_all)
        )
    joined = {out.stem: _joined(described)}
    return archive.write_tables(joined, None, out.parent, extension, archive.FORMATS[form])


def read_directory(directory: Path) -> dict[str, pa.Table]:
    """The tables of NAME.parquet in a directory, by name: those that its report is about, or all
    there are. Raises UserError when there is none."""
    if archive.reported(directory) is None:
        paths = sorted(directory.glob("*.parquet"))
    else:
        paths = [p for p in archive.files_in(directory).values() if p.suffix == ".parquet"]
    if not paths:
        raise UserError(
            f"{directory} holds no .parquet files: name a capture, or a directory that "
            "'edlcam decode --out' wrote in the format parquet"
        )
    try:
        return {path.stem: pq.read_table(path) for path in paths}
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"cannot read the tables in {directory}: {error}") from error


def _netcdf(dictionary: Dictionary | None) -> archive.Opener:
    def write_one(table: pa.Table, path: Path) -> None:
        _write_netcdf({archive.name_of(path): table}, path, dictionary, groups=False)

    return lambda path, _: archive.WholeFile(path, write_one)


def _channel(dictionary: Dictionary | None, column: str) -> Channel | None:
    return dictionary.channels.get(column.removesuffix(_RAW)) if dictionary else None


def _described(table: pa.Table, dictionary: Dictionary | None) -> pa.Table:
    """The table whose fields say unit and description, where they or the dictionary know them."""
    fields = []
    for field in table.schema:
        known = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
        channel = _channel(dictionary, field.name)
        unit, description = _COMMON.get(field.name, ("", ""))
        if channel is not None:
            unit = "" if field.name.endswith(_RAW) else channel.unit
            description = channel.description
        for key, text in (("unit", unit), ("description", description)):
            if text:
                known.setdefault(key, text)
        fields.append(field.with_metadata(known or None))
    return table.cast(pa.schema(fields))


def _joined(tables: Tables) -> pa.Table:
    """All packets in one table, by time where they have one."""
    parts = []
    for name, table in tables.items():
        plain = archive.plain(table)
        parts.append(plain.add_column(0, _ROW, pa.array([name] * len(table), pa.string())))
    try:
        whole = pa.concat_tables(parts, promote_options="permissive")
    except pa.ArrowException as error:
        raise UserError(_unlike(parts)) from error
    if "sclk_s" not in whole.column_names:
        return whole
    return whole.sort_by([("sclk_s", "ascending"), ("sclk_fraction", "ascending")])


def _unlike(parts: list[pa.Table]) -> str:
    """Which column is of types that no column holds together."""
    kinds: dict[str, dict[str, pa.DataType]] = {}
    for part in parts:
        for field in part.schema:
            kinds.setdefault(field.name, {})[part[_ROW][0].as_py()] = field.type
    for column, of in kinds.items():
        try:
            pa.unify_schemas(
                [pa.schema([(column, kind)]) for kind in of.values()], promote_options="permissive"
            )
        except pa.ArrowException:
            said = ", ".join(f"{kind} in {name}" for name, kind in of.items())
            return (
                f"the column {column} is {said}: one file has one type for it; leave --one-file "
                "out, choose packets with --packet, or write NetCDF"
            )
    raise AssertionError("each column has one type")


def _write_netcdf(
    tables: Tables, path: Path, dictionary: Dictionary | None, *, groups: bool = True
) -> None:
    with _netcdf_library().File(path, "w") as file:
        file.attrs["Conventions"] = "CF-1.11"
        file.attrs["source"] = "edlcam"
        if dictionary:
            file.attrs["mission"] = dictionary.mission
            file.attrs["dictionary"] = f"{dictionary.fingerprint:08X}"
        for name, table in tables.items():
            group = file.create_group(name) if groups else file
            group.attrs["title"] = f"{dictionary.mission} {name}" if dictionary else name
            group.dimensions[_ROW] = len(table)
            _write_time(group, table)
            for field, column in zip(table.schema, table.columns, strict=True):
                _write_variable(group, field, column.combine_chunks(), dictionary)


def _netcdf_library() -> Any:
    """h5netcdf, with the h5py that it writes by. Raises UserError when they are not there."""
    try:
        import_module("h5py")
        return import_module("h5netcdf")
    except ImportError as error:
        raise UserError(
            f"NetCDF is written by h5netcdf and h5py, and {error.name} is not installed: "
            "pip install h5netcdf h5py, or choose --format csv or parquet"
        ) from error


def _write_time(group: Any, table: pa.Table) -> None:
    """A coordinate of time from the spacecraft clock, exact: 32 and 16 bits are 48."""
    if not {"sclk_s", "sclk_fraction"} <= set(table.column_names):
        return
    seconds = table["sclk_s"].to_numpy() + table["sclk_fraction"].to_numpy() / 65536
    attributes = {
        "standard_name": "time",
        "long_name": "spacecraft clock",
        "units": f"seconds since {_EPOCH}",
        "calendar": "standard",
        "axis": "T",
        "comment": "seconds of terrestrial time, without leap seconds",
    }
    _create(group, "time", seconds.astype(np.float64), attributes)


def _write_variable(
    group: Any, field: pa.Field, column: pa.Array, dictionary: Dictionary | None
) -> None:
    known = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
    attributes: Attributes = {"long_name": known.get("description", field.name)}
    if unit := known.get("unit"):
        attributes["units"] = unit
    if epoch := known.get("epoch"):
        attributes["comment"] = f"counts from {epoch}"
    channel = _channel(dictionary, field.name)
    named = dictionary.enums[channel.table] if dictionary and channel and channel.table else {}
    if channel is not None and channel.kind == "flags" and field.name.endswith(_RAW):
        attributes |= _flags(named, column)
    if channel is not None and channel.kind == "enum" and _is_text(column.type):
        numbers = _numbers(named, column)
        if numbers is not None:
            _create(group, field.name, numbers, attributes | _values_of(named))
            return
    values, fill = _values(column, attributes)
    if "coordinates" not in attributes and field.name not in _COMMON and "time" in group.variables:
        attributes["coordinates"] = "time"
    _create(group, field.name, values, attributes, fill)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def _numbers(named: Mapping[int, str], column: pa.Array) -> npt.NDArray[Any] | None:
    """Texts as the numbers that they stand for; a number that has no name stands for itself. None:
    there is a text that is neither."""
    number = {text: n for n, text in named.items()}
    texts = column.cast(pa.string()).to_pylist()
    try:
        return np.array([number[t] if t in number else int(t) for t in texts], np.int64)
    except (ValueError, TypeError):
        return None


def _values_of(named: Mapping[int, str]) -> Attributes:
    return {
        "flag_values": np.array(list(named), np.int64),
        "flag_meanings": _meanings(named),
    }


def _flags(named: Mapping[int, str], column: pa.Array) -> Attributes:
    kind = column.type.to_pandas_dtype()
    bits = 8 * np.dtype(kind).itemsize
    masks = [np.array(1 << n, np.uint64).astype(kind) for n in named if n < bits]
    meanings = {n: text for n, text in named.items() if n < bits}
    return {"flag_masks": np.array(masks, kind), "flag_meanings": _meanings(meanings)}


def _meanings(named: Mapping[int, str]) -> str:
    return " ".join("_".join(text.split()) for text in named.values())


def _values(column: pa.Array, attributes: Attributes) -> tuple[npt.NDArray[Any], Any]:
    """What a variable holds, and what stands for a value that is not there."""
    kind = column.type
    if pa.types.is_floating(kind):
        return column.to_numpy(zero_copy_only=False).astype(kind.to_pandas_dtype()), np.nan
    if pa.types.is_boolean(kind):
        attributes |= {"flag_values": np.array([0, 1], np.int8), "flag_meanings": "false true"}
        column, kind = column.cast(pa.int8()), pa.int8()
    if pa.types.is_timestamp(kind):
        attributes["units"] = "microseconds since 1970-01-01 00:00:00"
        column, kind = column.cast(pa.timestamp("us")).cast(pa.int64()), pa.int64()
    if pa.types.is_integer(kind):
        if not column.null_count:
            return column.to_numpy(zero_copy_only=False), None
        fill = np.iinfo(kind.to_pandas_dtype()).max
        full = pc.fill_null(column, pa.scalar(fill, kind))
        return full.to_numpy(zero_copy_only=False), fill
    plain = archive.plain(pa.table({"x": column}))
    texts = archive.with_texts_of_times(plain)["x"].to_pylist()
    return np.array(["" if t is None else _as_text(t) for t in texts], object), None


def _as_text(value: Any) -> str:
    """A text that a variable can hold: NetCDF ends one at the first NUL."""
    if not isinstance(value, str):
        return archive.as_json(value)
    return value.rstrip("\0").replace("\0", "\\0")


def _create(
    group: Any, name: str, values: npt.NDArray[Any], attributes: Attributes, fill: Any = None
) -> None:
    kind = _TEXT if values.dtype == object else values.dtype
    if fill is not None:
        fill = values.dtype.type(fill)
    variable = group.create_variable(name, (_ROW,), dtype=kind, fillvalue=fill)
    variable[...] = values
    for key, value in attributes.items():
        variable.attrs[key] = value
