"""Reads pictures with reader processes on the machines of a Ray cluster, fed by Ray Data.

Ray Data repeats nothing here: what a reader that died was working on has no outcome, and what has
none is asked for again in the next round (see run.py). So no answer depends on what Ray keeps of a
machine that is gone, and a picture that kills its reader does not do so for ever.
"""

import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ray
import ray.data
from ray.data import ActorPoolStrategy, DataContext
from ray.data.block import BlockMetadata
from ray.data.datasource import Datasource, ReadTask
from ray.util.annotations import RayDeprecationWarning
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from bulk.blocks import SCHEMA, to_table
from bulk.errors import BulkError, RoundBroke
from bulk.fetch import SPARE_S
from bulk.host_limit import HostLimiter
from bulk.ray_cluster import Cluster
from bulk.ray_worker import CANNOT, RayReader, ReaderJob, SharedLimiter
from bulk.reader import bundled_models, code_version
from bulk.records import LineResult, load
from bulk.spool import Spool, Turns, from_json, lines_of
from pipeline.settings import Settings

# A source of any length comes to no more reading tasks than Ray lists with ease.
_MOST_TASKS = 20_000
# Reading tasks that run beside each other: each asks for no processor, and is done in a moment.
_FEEDERS = 2
# Fetches that may wait for their turn, each of them a call of the limiter.
_WAITERS = 100_000
# How long (s) nothing at all may come before a round is given up.
_STILL_S = 600.0


class OnRay:
    """Readers on a cluster that is connected. BulkError where this machine has no models."""

    def __init__(
        self, settings: Settings, cluster: Cluster, *, per_host: int, dry_run: bool
    ) -> None:
        self._settings = settings.model_copy(update={"threads": cluster.threads})
        self._cluster = cluster
        self._dry_run = dry_run
        self._model_version = bundled_models(settings).version
        # Beside the source, so that it lives as long as the run does.
        limiter: Any = ray.remote(SharedLimiter)
        here = NodeAffinitySchedulingStrategy(cluster.here, soft=False)
        self._limiter = limiter.options(
            num_cpus=0, max_concurrency=_WAITERS, scheduling_strategy=here
        ).remote(HostLimiter(per_host, settings.fetch_seconds + SPARE_S))

    def outcomes(self, spool: Spool, *, size: int, hurry: bool) -> Iterator[list[LineResult]]:
        """What pictures that wait come to; with `hurry` but those of slow hosts, and without those
        that were lost with a reader. RoundBroke where the cluster gives up.
        """
        portion = max(size, -(-spool.waiting() // _MOST_TASKS))
        job = ReaderJob(
            settings=self._settings,
            limiter=self._limiter,
            dry_run=self._dry_run,
            hurry=hurry,
            code=code_version(),
            model=self._model_version,
        )
        try:
            batches: Any = self._dataset(spool, portion, size, job).iter_batches(
                batch_size=None, batch_format="pyarrow", prefetch_batches=1
            )
            for batch in batches:
                texts: list[str] = batch["outcome"].to_pylist()
                for text in texts:
                    if text.startswith(CANNOT):
                        raise BulkError(text.removeprefix(CANNOT))
                yield [from_json(text) for text in texts]
        except BulkError:
            raise
        except Exception as error:  # Ray's own, and whatever its inside fails with
            raise RoundBroke(type(error).__name__) from error

    def close(self) -> None:
        """Readers end with their round, the limiter with the connection."""

    def _dataset(self, spool: Spool, portion: int, size: int, job: ReaderJob) -> "ray.data.Dataset":
        context = DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        context.max_errored_blocks = -1  # what was lost is seen by its missing outcome
        context.execution_no_progress_timeout_s = _STILL_S
        source = _Spooled(spool.file, spool.portions(portion), self._settings.max_bytes)
        waiting = ray.data.read_datasource(
            source,
            override_num_blocks=len(source.portions),
            concurrency=_FEEDERS,
            num_cpus=0,
            label_selector={"ray.io/node-id": self._cluster.here},
        )
        readers = min(self._cluster.readers, len(source.portions))
        with warnings.catch_warnings():
            # 2.60 has no other names for the last two; later versions are to get some.
            warnings.simplefilter("ignore", RayDeprecationWarning)
            read: ray.data.Dataset = waiting.map_batches(
                RayReader,
                fn_constructor_args=(job,),
                batch_size=size,
                batch_format="pyarrow",
                num_cpus=self._cluster.threads,
                compute=ActorPoolStrategy(size=readers, max_tasks_in_flight_per_actor=2),
                max_restarts=-1,
                max_task_retries=0,
            )
        return read


class _Spooled(Datasource):
    """The lines of a spool that wait, each portion read when its turn comes."""

    def __init__(self, file: Path, portions: list[Turns], max_bytes: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.portions = portions
        self._file = file
        self._max_bytes = max_bytes

    def get_name(self) -> str:
        return "Spool"

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(
        self,
        parallelism: int,
        per_task_row_limit: int | None = None,
        data_context: DataContext | None = None,
    ) -> list[ReadTask]:
        known = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
        return [
            ReadTask(partial(_tables, self._file, turns, self._max_bytes), known, schema=SCHEMA)
            for turns in self.portions
        ]


def _tables(file: Path, turns: Turns, max_bytes: int) -> list[Any]:
    return [to_table(list(load(lines_of(file, turns), max_bytes)))]
