"""What is compared with what, and where a screen's processor time goes: no part is made up."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evals.bench import archives, throughput
from evals.bench.peers.engines import _of_folder
from evals.bench.peers.opened import PEERS
from evals.bench.rounds import Round
from evals.bench.stages import MODELS, SIDE_BY_SIDE, WORKER, Profile
from evals.bench.throughput import LEAST, SMALL, neighbours
from evals.bench.worker import PROTOCOL, STAGES, Meter
from pipeline.settings import PROJECT
from pipeline.timings import Stage


def test_every_peer_that_runs_has_a_target() -> None:
    assert set(LEAST) == {SMALL, *PEERS}


def test_a_ratio_is_that_of_neighbours() -> None:
    """Two rounds of two others; the machine is half as fast from the second round on."""
    ours = [12.0, 12.0, 12.0, 6.0, 6.0]
    first = neighbours(ours, [4.0, 4.0], first=0, turns=2)
    second = neighbours(ours, [6.0, 3.0], first=1, turns=2)
    assert (first.most, first.least) == (3.0, 2.25)
    assert (second.least, second.most) == (2.0, 2.0)


def test_each_moment_belongs_to_the_innermost_part_and_all_are_the_whole() -> None:
    now = iter([10.0, 11.0, 13.0, 16.0, 20.0, 25.0])
    meter = Meter(lambda: next(now))
    with meter.part("whole"), meter.part("reading"), meter.part("model"):
        pass
    assert meter.seconds == {"whole": 1 + 5, "reading": 2 + 4, "model": 3}


def test_what_is_decoded_beside_is_taken_from_the_whole() -> None:
    meter = Meter(lambda: 0.0)
    with meter.part("whole"), meter.beside("decode"):
        sum(range(10_000))
    assert meter.seconds["decode"] > 0
    assert meter.seconds["whole"] == -meter.seconds["decode"]


def ours(**cpu: float) -> Round:
    around = {"MariaDB": 0.01, "TorchServe (Java)": 0.03, "front door": 0.04}
    cpu = {"worker 1": 1.5, **around, "load generator": 0.002, "picture host": 0.002, **cpu}
    return Round(
        rate=10, p50=1, p99=1, answered=80, verdicts=Counter(right=80), failures=[], cpu=cpu
    )


def parts(**other: float) -> dict[str, float]:
    """ms; 9 for each part of the worker."""
    return {**dict.fromkeys(WORKER, 9.0), "fetch": 1.0, **other}


def test_the_profile_tells_every_part_and_adds_up_to_what_the_processes_took() -> None:
    profile = Profile()
    profile.add(ours(), parts())
    table = profile.table()
    assert sum(table.values()) == pytest.approx(150 + 1 + 3 + 4 + 0.4)
    assert table[SIDE_BY_SIDE] == pytest.approx(150 - 9 * len(WORKER))
    assert table["front door"] == pytest.approx(3)
    target = profile.target()
    assert target.numbers["beside_ms"] == pytest.approx(sum(table.values()) - 9 * len(MODELS))
    assert not target.met


def test_the_profile_is_met_by_what_is_no_model_and_only_where_all_was_seen() -> None:
    profile, blind = Profile(), Profile()
    small = dict.fromkeys(WORKER, 1.0) | dict.fromkeys(MODELS, 30.0)
    busy = ours(**{"worker 1": 1.29})
    profile.add(busy, parts(**small))
    assert profile.target().met, profile.target().measured
    blind.add(busy, parts(**small) | {"texts": 0.0})
    assert not blind.target().met and "not seen: texts" in blind.target().measured


def test_ours_has_a_turn_before_and_after_each_of_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    turns: list[str] = []
    rates = {"ours": 30.0, "ours at 960": 25.0, "ours with small alone": 20.0, "RapidOCR": 10.0}

    def one_round(system: Any, host: Any, pictures: Any, *, clients: int, times: int = 1) -> Round:
        turns.append(system.name)
        verdicts = Counter(right=9, missed=1 if system.name == "RapidOCR" else 0)
        return replace(ours(), rate=rates[system.name], verdicts=verdicts)

    def asked(name: str, found: Any) -> Any:
        turns.append(name)
        return found

    monkeypatch.setattr(throughput, "one_round", one_round)
    monkeypatch.setattr(throughput, "warm", one_round)
    systems: list[Any] = [SimpleNamespace(name=name, settings=f"as {name}") for name in rates]
    bound: Any = SimpleNamespace(rate=lambda: asked("bound", 60.0), settings="streams", tried={})
    worker: Any = SimpleNamespace(parts=lambda _: asked("parts", parts()))
    host: Any = None
    pictures: Any = [0] * 10
    race = throughput.Throughput(systems[0], systems[1:], bound, worker, host, pictures)
    race.run(rounds=2, seconds=0.1)
    each = ["ours", "parts", "ours at 960", "ours", "ours with small alone", "ours", "RapidOCR"]
    each += ["ours", "bound"]
    assert turns[-19:] == [*each, *each, "ours"]
    small, rapid, no_model = race.targets()
    assert small.measured.startswith("1.50 (1.50–1.50, n = 2): 30.00/s") and small.met
    assert rapid.measured.endswith("right: 100.0 against 90.0 %") and not rapid.met
    assert no_model.key == "no_model"
    table = race.table()
    throughput.show(table)
    assert "ours reach 0.50 of it" in capsys.readouterr().out
    assert table["ours"]["cpu_cores"]["worker 1"] == 1.5


def test_who_is_right_more_often_is_not_beaten_by_speed() -> None:
    host: Any = None
    systems: list[Any] = [SimpleNamespace(name=n, settings="") for n in ("ours", SMALL)]
    race = throughput.Throughput(systems[0], systems[1:], host, host, host, host)
    poorer = replace(ours(), verdicts=Counter(right=79, missed=1))
    race.found["ours"].rounds += [replace(poorer, rate=100.0)] * 3
    race.found[SMALL].rounds += [ours()]
    race.profile.add(ours(), parts())
    assert not race.targets()[0].met


def test_every_step_of_a_batch_in_the_worker_has_a_part() -> None:
    elsewhere = {Stage.FETCH, Stage.DECODE}  # the front door's; measured in its own thread
    assert set(STAGES) == set(Stage) - elsewhere
    assert {*STAGES.values(), PROTOCOL} < set(WORKER)


def test_the_bench_refuses_other_models_than_it_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace(weights="PP-OCRv6_small@0123456789ab")
    monkeypatch.setattr(archives, "read_archive", lambda _: other)
    archives.require("PP-OCRv6_small")
    with pytest.raises(archives.WrongArchive, match=r"archive\.sh --preset PP-OCRv6_cascade"):
        archives.require("PP-OCRv6_cascade")


def test_rapidocr_gets_a_recogniser_s_characters_line_by_line(tmp_path: Path) -> None:
    text = 'PostProcess: {character_dict: ["0", "\\u3000", "额"]}'
    (tmp_path / "inference.yml").write_text(text, encoding="utf-8")
    found = _of_folder(tmp_path)
    keys = Path(found["Rec.rec_keys_path"])
    assert keys.read_text(encoding="utf-8").split("\n") == ["0", "\u3000", "额"]
    assert found["Rec.model_path"] == str(tmp_path / "inference.onnx")
    keys.unlink()


WATCHED = """
import sys
from pathlib import Path
import numpy as np
import openvino
from evals.bench.watch import watch

class Watcher:
    def compiled(self, model, config, kind):
        print("compiled", kind)
        return 7
    def run(self, number, request, tensor, go):
        print("before", number, tensor.tolist())
        go()
        request.wait()

ops = openvino.opset13
wanted = ops.parameter([2], np.float32)
file = Path(sys.argv[1], "first", "inference.xml")
file.parent.mkdir()
openvino.save_model(openvino.Model([ops.multiply(wanted, np.float32(2)).output(0)], [wanted]), file)
watch(Watcher())
core = openvino.Core()
request = core.compile_model(core.read_model(file), "CPU", {}).create_infer_request()
request.start_async([np.array([1, 2], np.float32)])
print("after", request.get_output_tensor().data.tolist())
"""


def test_whoever_watches_sees_each_inference_and_what_its_graph_is_for(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, tmp_path], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [
        "compiled first reading",
        "before 7 [1.0, 2.0]",
        "after [2.0, 4.0]",
    ], done.stderr
