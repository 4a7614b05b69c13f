"""`fundocr plan`: what so many pictures a day need, from what was measured; no machine is asked."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).with_name("measured.json")
DAY_S = 86_400
# So busy a database may be in the busiest hour before one server is told to be too few: backups,
# people's pages and a slower disk need the rest.
DATABASE_LOAD = 0.5
# Memory beside what was measured: for the system, and for workers that grow for a while.
MEMORY_ROOM = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """peak: the busiest hour against the mean. load: how much of what a machine can do is used in
    it. spare: machines that may be lost then. picture_kb: of a picture's file, in 1,000 B; None: as
    the bundled samples have it.
    """

    pictures_per_day: int
    peak: float = 3.0
    cores_per_machine: int = 2
    load: float = 0.7
    spare: int = 1
    keep_days: int = 365
    picture_kb: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """mean, busiest: pictures/s. machine_can: pictures/s of one machine. needed: machines that read
    at `load` in the busiest hour; machines: with those that may be lost. load_without_spare: how
    busy the machines are then when these are lost. Of each machine: workers, threads of each,
    memory that was measured in use, and that it should have. rows, database_bytes: kept in the end;
    rows_per_s, write_bytes_per_s: in the busiest hour; database_load: of what one server was seen
    to take; database_servers: so that none is above half of it; one_server_until: pictures a day.
    network: bytes/s of pictures fetched, of the database. start_s: of a machine that is up, until
    READY.
    """

    mean: float
    busiest: float
    machine_can: float
    needed: int
    machines: int
    load_without_spare: float
    workers: int
    threads: int
    cores: int
    memory_used_gb: float
    memory_gb: int
    rows: int
    database_bytes: float
    bytes_per_year: float
    rows_per_s: float
    write_bytes_per_s: float
    database_load: float
    database_servers: int
    one_server_until: float
    picture_bytes_per_s: float
    database_network_per_s: float
    start_s: float


def measured() -> dict[str, Any]:
    """The data file: `machine`, `cores`, and `figures` by name, each with its value and source."""
    measured_values: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return measured_values


def plan(options: PlanOptions, facts: dict[str, Any]) -> Plan:
    """Work it out; facts: as `measured` gives them."""
    value = {name: figure["value"] for name, figure in facts["figures"].items()}
    mean = options.pictures_per_day / DAY_S
    busiest = mean * options.peak
    threads = min(facts["cores"], options.cores_per_machine)
    workers = options.cores_per_machine // threads
    machine_can = value["pictures_per_s"] / facts["cores"] * workers * threads
    needed = max(math.ceil(busiest / (machine_can * options.load)), 1)
    used = workers * value["worker_gb"] + sum(
        value[name] for name in ("java_gb", "front_gb", "corrections_gb")
    )
    per_row = value["row_bytes"]
    database_load = busiest / value["rows_per_s"]
    picture = value["picture_bytes"] if options.picture_kb is None else options.picture_kb * 1000
    return Plan(
        mean=mean,
        busiest=busiest,
        machine_can=machine_can,
        needed=needed,
        machines=needed + options.spare,
        load_without_spare=busiest / (needed * machine_can),
        workers=workers,
        threads=threads,
        cores=(needed + options.spare) * options.cores_per_machine,
        memory_used_gb=used,
        memory_gb=math.ceil(used * MEMORY_ROOM),
        rows=options.pictures_per_day * options.keep_days,
        database_bytes=options.pictures_per_day * options.keep_days * per_row,
        bytes_per_year=options.pictures_per_day * 365 * per_row,
        rows_per_s=busiest,
        write_bytes_per_s=busiest * (per_row + value["redo_bytes"]),
        database_load=database_load,
        database_servers=max(math.ceil(database_load / DATABASE_LOAD), 1),
        one_server_until=value["rows_per_s"] * DATABASE_LOAD / options.peak * DAY_S,
        picture_bytes_per_s=busiest * picture,
        database_network_per_s=busiest * value["row_sent_bytes"],
        start_s=value["start_s"],
    )


def as_json(options: PlanOptions, facts: dict[str, Any]) -> str:
    """What was asked, what comes of it, and what it was worked out from."""
    answer = {"asked": asdict(options), "plan": asdict(plan(options, facts)), "measured": facts}
    return json.dumps(answer, ensure_ascii=False, indent=1)
