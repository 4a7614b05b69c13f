"""Shows a plan with its arithmetic, for people."""

from collections.abc import Iterator
from typing import Any

from cli.plan import DATABASE_LOAD, DAY_S, MEMORY_ROOM, Plan, PlanOptions

_STEPS = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def lines(asked: PlanOptions, found: Plan, facts: dict[str, Any]) -> Iterator[str]:
    """Each thing that it takes, with how it was worked out; then what is not known; then where each
    figure comes from."""
    yield from _machines(asked, found, facts)
    yield from _database(asked, found, facts)
    yield ""
    yield "Not known"
    yield from (f"  {line}" for line in _unknown(asked, found, facts))
    yield ""
    yield f"Measured on a {facts['machine']}"
    for figure in facts["figures"].values():
        yield (
            f"  {figure['value']:,g} {figure['unit']}: {figure['what']} "
            f"({figure['command']}, {figure['date']}; {figure['doc']})"
        )


def _machines(asked: PlanOptions, found: Plan, facts: dict[str, Any]) -> Iterator[str]:
    value = {name: figure["value"] for name, figure in facts["figures"].items()}
    each = value["pictures_per_s"] / facts["cores"]
    used_to = found.machine_can * asked.load
    yield f"{asked.pictures_per_day:,} pictures a day, the busiest hour {asked.peak:g} × the mean"
    yield ""
    yield (
        f"load       {asked.pictures_per_day:,} / {DAY_S:,} s = {found.mean:,.2f}/s; "
        f"× {asked.peak:g} = {found.busiest:,.2f}/s in the busiest hour"
    )
    yield (
        f"a machine  {found.workers} OCR worker(s) × {found.threads} thread(s) × {each:.2f} "
        f"pictures/s of a core = {found.machine_can:.2f}/s; used to {asked.load:.0%}: "
        f"{used_to:.2f}/s"
    )
    yield (
        f"machines   {found.busiest:,.2f} / {used_to:.2f} = {found.busiest / used_to:,.2f}, so "
        f"{found.needed:,}; and {asked.spare} that may be lost: {found.machines:,} "
        f"({found.cores:,} cores), and the database's"
    )
    yield (
        f"  each     {asked.cores_per_machine} core(s): minWorkers {found.workers}, "
        f"FUNDOCR_THREADS={found.threads}"
    )
    yield (
        f"  memory   {found.workers} × {value['worker_gb']:g} + {value['java_gb']:g} (TorchServe) "
        f"+ {value['corrections_gb']:g} (corrections) + {value['front_gb']:g} (front door) = "
        f"{found.memory_used_gb:.2f} GB; × {MEMORY_ROOM:g}: {found.memory_gb} GB"
    )
    yield (
        f"headroom   with {asked.spare} lost the others are {found.load_without_spare:.0%} busy in "
        "the busiest hour"
    )
    yield (
        f"a start    {found.start_s:g} s from the command until READY. A machine that is lost "
        "costs what it was reading, for which callers ask again; the others take its place at once"
    )


def _database(asked: PlanOptions, found: Plan, facts: dict[str, Any]) -> Iterator[str]:
    value = {name: figure["value"] for name, figure in facts["figures"].items()}
    row, rate = value["row_bytes"], value["rows_per_s"]
    yield (
        f"database   {asked.pictures_per_day:,} rows a day × {row:,g} B = "
        f"{size(asked.pictures_per_day * row)} a day, {size(found.bytes_per_year)} a year; kept "
        f"{asked.keep_days} days: {found.rows:,} rows, {size(found.database_bytes)}"
    )
    yield (
        f"  writes   {found.rows_per_s:,.2f} rows/s × ({row:,g} B + {value['redo_bytes']:,g} B of "
        f"redo log) = {size(found.write_bytes_per_s)}/s in the busiest hour"
    )
    yield (
        f"  servers  {found.rows_per_s:,.2f} / {rate:,g} rows/s = {found.database_load:.2%} of "
        f"what one took; to {DATABASE_LOAD:.0%} one is enough, up to {found.one_server_until:,.0f} "
        f"pictures a day: {found.database_servers:,}"
        + ("" if found.database_servers == 1 else ", that is shards or a distributed database")
    )
    each = found.picture_bytes_per_s / found.busiest
    yield (
        f"network    pictures in: {found.busiest:,.2f}/s × {size(each)} = "
        f"{size(found.picture_bytes_per_s)}/s; rows to the database: {found.busiest:,.2f}/s × "
        f"{value['row_sent_bytes']:,g} B = {size(found.database_network_per_s)}/s"
    )


def _unknown(asked: PlanOptions, found: Plan, facts: dict[str, Any]) -> Iterator[str]:
    yield "Pictures with more text than the drawn screens take longer; how much was not measured."
    yield "Other processors: without AVX-512 BF16 a core reads fewer; `make bench-quick` tells."
    if asked.cores_per_machine > facts["cores"]:
        yield (
            f"More than {facts['cores']} cores in a machine were not there to be measured: that "
            f"{found.workers} workers read {found.workers} times as much is assumed; "
            "`make bench-sweep` tells."
        )
    filled, known = facts["figures"]["row_bytes"]["rows"], facts["figures"]["known_ms"]
    if found.rows > filled:
        yield (
            f"A row's bytes are those of a table of {filled:,} rows; that they are the same in a "
            "larger one is assumed."
        )
    if found.rows > known["rows"]:
        yield (
            f"A known link takes {known['value']:g} ms in a table of {known['rows']:,} rows, as in "
            "one of 1,000; larger ones were not filled."
        )
    yield "Every picture is taken for a new one: known links cost a look-up, not a reading."
    yield "History, batches and backups come on top of the database's size."


def size(bytes: float) -> str:
    """In the unit that fits, of 1,000 each."""
    for step, unit in _STEPS:
        if bytes >= step:
            return f"{bytes / step:,.2f} {unit}"
    return f"{bytes:,.0f} B"
