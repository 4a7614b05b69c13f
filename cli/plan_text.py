"""Shows a plan with its arithmetic, for people."""

from collections.abc import Iterator
from typing import Any

from cli.plan import DATABASE_LOAD, DAY_S, MEMORY_ROOM, Plan, PlanOptions

_STEPS = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def lines(options: PlanOptions, plan: Plan, facts: dict[str, Any]) -> Iterator[str]:
    """Each thing that it takes, with how it was worked out; then what is not known; then where each
    figure comes from."""
    yield from _machines(options, plan, facts)
    yield from _database(options, plan, facts)
    yield ""
    yield "Not known"
    yield from (f"  {line}" for line in _unknown(options, plan, facts))
    yield ""
    yield f"Measured on a {facts['machine']}"
    for figure in facts["figures"].values():
        yield (
            f"  {figure['value']:,g} {figure['unit']}: {figure['what']} "
            f"({figure['command']}, {figure['date']}; {figure['doc']})"
        )


def _machines(options: PlanOptions, plan: Plan, facts: dict[str, Any]) -> Iterator[str]:
    value = {name: figure["value"] for name, figure in facts["figures"].items()}
    each = value["pictures_per_s"] / facts["cores"]
    used_to = plan.machine_can * options.load
    per_day = f"{options.pictures_per_day:,} pictures a day"
    yield f"{per_day}, the busiest hour {options.peak:g} × the mean"
    yield ""
    yield (
        f"load       {options.pictures_per_day:,} / {DAY_S:,} s = {plan.mean:,.2f}/s; "
        f"× {options.peak:g} = {plan.busiest:,.2f}/s in the busiest hour"
    )
    yield (
        f"a machine  {plan.workers} OCR worker(s) × {plan.threads} thread(s) × {each:.2f} "
        f"pictures/s of a core = {plan.machine_can:.2f}/s; used to {options.load:.0%}: "
        f"{used_to:.2f}/s"
    )
    yield (
        f"machines   {plan.busiest:,.2f} / {used_to:.2f} = {plan.busiest / used_to:,.2f}, so "
        f"{plan.needed:,}; and {options.spare} that may be lost: {plan.machines:,} "
        f"({plan.cores:,} cores), and the database's"
    )
    yield (
        f"  each     {options.cores_per_machine} core(s): minWorkers {plan.workers}, "
        f"FUNDOCR_THREADS={plan.threads}"
    )
    yield (
        f"  memory   {plan.workers} × {value['worker_gb']:g} + {value['java_gb']:g} (TorchServe) "
        f"+ {value['corrections_gb']:g} (corrections) + {value['front_gb']:g} (front door) = "
        f"{plan.memory_used_gb:.2f} GB; × {MEMORY_ROOM:g}: {plan.memory_gb} GB"
    )
    yield (
        f"headroom   with {options.spare} lost the others are {plan.load_without_spare:.0%} busy "
        "in the busiest hour"
    )
    yield (
        f"a start    {plan.start_s:g} s from the command until READY. A machine that is lost "
        "costs what it was reading, for which callers ask again; the others take its place at once"
    )


def _database(options: PlanOptions, plan: Plan, facts: dict[str, Any]) -> Iterator[str]:
    value = {name: figure["value"] for name, figure in facts["figures"].items()}
    row, rate = value["row_bytes"], value["rows_per_s"]
    yield (
        f"database   {options.pictures_per_day:,} rows a day × {row:,g} B = "
        f"{size(options.pictures_per_day * row)} a day, {size(plan.bytes_per_year)} a year; kept "
        f"{options.keep_days} days: {plan.rows:,} rows, {size(plan.database_bytes)}"
    )
    yield (
        f"  writes   {plan.rows_per_s:,.2f} rows/s × ({row:,g} B + {value['redo_bytes']:,g} B of "
        f"redo log) = {size(plan.write_bytes_per_s)}/s in the busiest hour"
    )
    yield (
        f"  servers  {plan.rows_per_s:,.2f} / {rate:,g} rows/s = {plan.database_load:.2%} of "
        f"what one took; to {DATABASE_LOAD:.0%} one is enough, up to {plan.one_server_until:,.0f} "
        f"pictures a day: {plan.database_servers:,}"
        + ("" if plan.database_servers == 1 else ", that is shards or a distributed database")
    )
    each = plan.picture_bytes_per_s / plan.busiest
    yield (
        f"network    pictures in: {plan.busiest:,.2f}/s × {size(each)} = "
        f"{size(plan.picture_bytes_per_s)}/s; rows to the database: {plan.busiest:,.2f}/s × "
        f"{value['row_sent_bytes']:,g} B = {size(plan.database_network_per_s)}/s"
    )


def _unknown(options: PlanOptions, plan: Plan, facts: dict[str, Any]) -> Iterator[str]:
    yield "Pictures with more text than the drawn screens take longer; how much was not measured."
    yield "Other processors: fewer without AVX-512 BF16, more with AMX; `make bench-quick` tells."
    if options.cores_per_machine > facts["cores"]:
        yield (
            f"More than {facts['cores']} cores in a machine were not there to be measured: that "
            f"{plan.workers} workers read {plan.workers} times as much is assumed; "
            "`make bench-sweep` tells."
        )
    filled, known = facts["figures"]["row_bytes"]["rows"], facts["figures"]["known_ms"]
    if plan.rows > filled:
        yield (
            f"A row's bytes are those of a table of {filled:,} rows; that they are the same in a "
            "larger one is assumed."
        )
    if plan.rows > known["rows"]:
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
