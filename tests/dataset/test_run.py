"""A run that is ended goes on; a run that is done changes nothing; two runs do not meet; workers change nothing."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pyanon.dataset import DatasetProgress, DatasetSettings
from pyanon.dataset.journal import locked
from pyanon.errors import InputError, PyanonError, RunnerError, SinkError, SourceError, SourceNotFoundError
from pyanon.policy import Policy
from tests.dataset.fakes import calls, everything, leaks, paint, publish, read_lines, write_lines

ROOT = Path(__file__).resolve().parents[2]
KEY = b"0123456789abcdef"

_DRIVER = """
import sys
from pathlib import Path
from pyanon.dataset import DatasetSettings
from tests.dataset.fakes import publish

if __name__ == "__main__":
    source, output, images, log, workers = sys.argv[1:]
    settings = DatasetSettings(workers=int(workers))
    publish(Path(source), Path(output), images=Path(images), settings=settings, log=log, slow=0.05)
"""


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return paint(tmp_path / "in", *(f"maria{number}.png" for number in range(30)))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two captions of each picture, far apart."""
    rows = [{"image": f"maria{n % 30}.png", "caption": f"Maria {n}", "id": f"lopez {n}"} for n in range(60)]
    return write_lines(tmp_path / "rows.jsonl", rows)


def start(tmp_path: Path, source: Path, images: Path, *, workers: int = 1) -> subprocess.Popen[bytes]:
    (tmp_path / "driver.py").write_text(_DRIVER)
    command = [sys.executable, str(tmp_path / "driver.py")]
    arguments = [str(each) for each in (source, tmp_path / "out", images, tmp_path / "log", workers)]
    import pyanon

    where = os.pathsep.join([str(Path(pyanon.__file__).parents[1]), str(ROOT)])
    return subprocess.Popen(
        [*command, *arguments], env={**os.environ, "PYTHONPATH": where}, stderr=subprocess.PIPE, start_new_session=True
    )


def await_calls(log: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if len(calls(log)) >= count:
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    error = process.communicate()[1].decode() if process.poll() is not None else ""
    pytest.fail(f"the run did not come so far: {len(calls(log))} calls\n{error}")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_is_killed_is_gone_on_with(tmp_path: Path, source: Path, images: Path, workers: int) -> None:
    process = start(tmp_path, source, images, workers=workers)
    await_calls(tmp_path / "log", 8, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "out" / "captions.jsonl").exists()
    assert leaks(tmp_path / "out") == []
    with (tmp_path / "out" / ".pyanon" / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"rows": [[1, {"caption": "hal')  # as a line that was being written
    (tmp_path / "out" / "images" / ".000000009.png.abcd.part").write_bytes(b"half a picture")
    (tmp_path / ".out.private.jsonl.abcd.part").write_text("half of what is private")
    before = len(calls(tmp_path / "log"))
    done = publish(source, tmp_path / "out", images=images, log=str(tmp_path / "log"))
    assert done.earlier >= 2 * (8 - workers)
    assert done.written == 60
    assert len(calls(tmp_path / "log")) - before == (60 - done.earlier) // 2
    publish(source, tmp_path / "whole", images=images)
    one, two = everything(tmp_path / "out"), everything(tmp_path / "whole")
    assert public(one) == public(two)
    assert not list(tmp_path.rglob("*.part"))


def public(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not name.startswith(".pyanon")}


def test_ctrl_c_keeps_what_is_done(tmp_path: Path, source: Path, images: Path) -> None:
    process = start(tmp_path, source, images, workers=2)
    await_calls(tmp_path / "log", 6, process)
    os.killpg(process.pid, signal.SIGINT)
    assert b"KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert not list((tmp_path / "out").rglob("*.part"))
    done = publish(source, tmp_path / "out", images=images)
    assert done.earlier >= 8
    assert (done.written, done.failed) == (60, 0)


def test_a_second_run_does_nothing_and_changes_nothing(tmp_path: Path, source: Path, images: Path) -> None:
    publish(source, tmp_path / "out", images=images)
    before = everything(tmp_path / "out")
    again = publish(source, tmp_path / "out", images=images, broken=True)  # nothing is opened for nothing
    assert everything(tmp_path / "out") == before
    assert (again.earlier, again.written) == (60, 60)


def test_a_picture_that_was_lost_is_made_again(tmp_path: Path, source: Path, images: Path) -> None:
    publish(source, tmp_path / "out", images=images)
    before = everything(tmp_path / "out")
    (tmp_path / "out" / "images" / "000000003.png").unlink()
    again = publish(source, tmp_path / "out", images=images, log=str(tmp_path / "log"))
    assert (again.earlier, len(calls(tmp_path / "log"))) == (58, 1)
    assert public(everything(tmp_path / "out")) == public(before)


def test_what_failed_is_tried_again(tmp_path: Path, source: Path, images: Path) -> None:
    (images / "maria3.png").rename(tmp_path / "away.png")
    first = publish(source, tmp_path / "out", images=images)
    assert (first.written, first.failed) == (58, 2)
    assert [row["row"] for row in read_lines(tmp_path / "out" / "failures.jsonl")] == [4, 34]
    (tmp_path / "away.png").rename(images / "maria3.png")
    second = publish(source, tmp_path / "out", images=images)
    assert (second.written, second.failed, second.earlier) == (60, 0, 58)
    assert not (tmp_path / "out" / "failures.jsonl").exists()
    publish(source, tmp_path / "whole", images=images)
    assert public(everything(tmp_path / "out")) == public(everything(tmp_path / "whole"))


def test_workers_write_the_same_bytes(tmp_path: Path, source: Path, images: Path) -> None:
    log = tmp_path / "log"
    publish(source, tmp_path / "one", images=images, policy=Policy(key=KEY))
    settings = DatasetSettings(workers=3)
    publish(source, tmp_path / "three", images=images, policy=Policy(key=KEY), settings=settings, log=str(log))
    assert public(everything(tmp_path / "one")) == public(everything(tmp_path / "three"))
    assert len({call["process"] for call in calls(log)} - {os.getpid()}) == 3


def test_a_worker_that_dies_takes_its_row_and_no_other(tmp_path: Path) -> None:
    rows = [{"caption": "deadly" if number in {3, 11} else f"Maria {number}"} for number in range(20)]
    settings = DatasetSettings(workers=2)
    done = publish(write_lines(tmp_path / "rows.jsonl", rows), tmp_path / "out", settings=settings, fatal="deadly")
    assert {failure.row: failure.reason for failure in done.failures} == {
        4: "the worker that had it ended without an answer",
        12: "the worker that had it ended without an answer",
    }
    assert done.written == 18


@pytest.mark.parametrize("workers", [1, 2])
def test_networks_that_cannot_be_opened_end_the_run(tmp_path: Path, workers: int) -> None:
    source = write_lines(tmp_path / "rows.jsonl", [{"caption": "x"}])
    with pytest.raises(SourceError, match="no network here; given: engines"):
        publish(source, tmp_path / "out", settings=DatasetSettings(workers=workers), broken=True)
    assert publish(source, tmp_path / "out").written == 1


def test_two_runs_do_not_meet(tmp_path: Path, source: Path, images: Path) -> None:
    process = start(tmp_path, source, images)
    await_calls(tmp_path / "log", 1, process)
    with pytest.raises(InputError, match="another run is writing to this output"):
        publish(source, tmp_path / "out", images=images)
    process.kill()
    process.communicate()
    assert (tmp_path / "out" / ".pyanon" / "lock").exists()  # a lock that was left holds nobody up
    assert publish(source, tmp_path / "out", images=images).written == 60


def test_the_lock_is_let_go(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(InputError), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"policy": Policy(key=KEY, cover="mosaic")}, r"policy\.cover"),
        ({"policy": Policy(key=KEY + b"more")}, "key"),
        ({"policy": Policy()}, "key"),
        ({"settings": DatasetSettings(keep=("id",))}, "keep"),
        ({"settings": DatasetSettings(keep_names=True)}, "keep_names"),
    ],
)
def test_an_output_is_made_of_one_thing(
    tmp_path: Path, source: Path, images: Path, changed: dict[str, object], name: str
) -> None:
    publish(source, tmp_path / "out", images=images, policy=Policy(key=KEY))
    before = everything(tmp_path / "out")
    arguments = {"policy": Policy(key=KEY), **changed}
    with pytest.raises(InputError, match=f"begun with something else.*changed: {name};.*--restart"):
        publish(source, tmp_path / "out", images=images, **arguments)
    assert everything(tmp_path / "out") == before


def test_another_photo_is_another_output(tmp_path: Path, source: Path, images: Path) -> None:
    photos = [np.full((4, 4, 3), shade, np.uint8) for shade in (1, 2)]
    for photo in (photos[0], photos[0].copy()):
        publish(source, tmp_path / "out", images=images, policy=Policy(key=KEY, except_=photo))
    with pytest.raises(InputError, match="changed: photos;"):
        publish(source, tmp_path / "out", images=images, policy=Policy(key=KEY, except_=photos[1]))


def test_another_data_set_is_refused_until_it_is_begun_anew(tmp_path: Path, source: Path, images: Path) -> None:
    publish(source, tmp_path / "out", images=images)
    write_lines(source, [{"image": "maria1.png", "caption": "Maria, alone"}])
    with pytest.raises(InputError, match="changed: data set"):
        publish(source, tmp_path / "out", images=images)
    (tmp_path / "out" / "images" / "mine.txt").write_text("not yours")
    publish(source, tmp_path / "out", images=images, settings=DatasetSettings(restart=True))
    names = {path.name for path in (tmp_path / "out" / "images").iterdir()}
    assert names == {"000000001.png", "mine.txt"}  # what runs have made went, and nothing else
    assert len(read_lines(tmp_path / "out" / "captions.jsonl")) == 1


def test_nothing_of_somebody_else_is_written_over(tmp_path: Path, source: Path, images: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "captions.jsonl").write_text("precious")
    with pytest.raises(SinkError, match="no run has made"):
        publish(source, tmp_path / "full", images=images, settings=DatasetSettings(restart=True))
    assert everything(tmp_path / "full") == {"captions.jsonl": b"precious"}
    with pytest.raises(InputError, match="lies in the output folder"):
        publish(source, tmp_path, images=images)
    with pytest.raises(SinkError, match="folder of the output does not exist"):
        publish(source, tmp_path / "no" / "such", images=images)
    with pytest.raises(SourceNotFoundError, match="folder of the pictures"):
        publish(source, tmp_path / "out", images=tmp_path / "nowhere")
    with pytest.raises(InputError, match="written over"):
        publish(source, tmp_path / "o", images=paint(tmp_path / "o", "images/a.png") / "images")


def test_a_key_gives_names_that_other_data_sets_share(tmp_path: Path, source: Path, images: Path) -> None:
    publish(source, tmp_path / "one", images=images, policy=Policy(key=KEY))
    other = write_lines(tmp_path / "other.jsonl", [{"image": "maria7.png", "caption": "b", "id": "lopez 9"}])
    publish(other, tmp_path / "two", images=images, policy=Policy(key=KEY))
    first, (second,) = (read_lines(tmp_path / name / "captions.jsonl") for name in ("one", "two"))
    assert (second["image"], second["id"]) == (first[7]["image"], first[9]["id"])
    assert len({row["image"] for row in first}) == 30
    publish(other, tmp_path / "three", images=images, policy=Policy(key=KEY + b"x"))
    assert read_lines(tmp_path / "three" / "captions.jsonl")[0]["image"] != second["image"]
    assert leaks(tmp_path / "one") == []


def test_names_are_kept_on_request(tmp_path: Path) -> None:
    images = paint(tmp_path / "in", "deep/maria.jpg", "b.png")
    (images / "b.png").rename(images / "b")
    source = write_lines(
        tmp_path / "lopez.jsonl", [{"path": "deep//maria.jpg", "text": "x"}, {"path": "b", "text": "y"}]
    )
    publish(source, tmp_path / "out", images=images, settings=DatasetSettings(keep_names=True))
    assert [row["path"] for row in read_lines(tmp_path / "out" / "lopez.jsonl")] == ["deep/maria.jpg", "b.png"]
    assert Image.open(tmp_path / "out" / "images" / "b.png").format == "PNG"
    assert (tmp_path / "out" / "images" / "deep" / "maria.jpg").is_file()


def test_private_captions_are_for_the_owner_only(tmp_path: Path, source: Path, images: Path) -> None:
    usual = publish(source, tmp_path / "out", images=images)
    assert usual.private is None
    assert not (tmp_path / "out.private.jsonl").exists()
    (tmp_path / "out.private.jsonl").write_text("older")
    (tmp_path / "out.private.jsonl").chmod(0o666)
    done = publish(source, tmp_path / "out", images=images, settings=DatasetSettings(private=True))
    assert done.private == tmp_path / "out.private.jsonl"
    assert stat.S_IMODE(done.private.stat().st_mode) == 0o600
    rows = read_lines(done.private)
    assert rows[31] == {"row": 32, "picture": "000000002.png", "private": {"caption": ["Maria 31"]}}
    assert len(rows) == 60
    assert leaks(tmp_path / "out") == []
    (tmp_path / "fresh.private.jsonl").write_text("of somebody else")
    with pytest.raises(SinkError, match="private captions exists already"):
        publish(source, tmp_path / "fresh", images=images, settings=DatasetSettings(private=True))


def test_progress_comes_to_the_end(tmp_path: Path, source: Path, images: Path) -> None:
    seen: list[DatasetProgress] = []
    publish(source, tmp_path / "out", images=images, progress=seen)
    assert seen[0] == DatasetProgress(0, 60)
    assert seen[-1] == DatasetProgress(60, 60)
    assert [each.done for each in seen] == sorted(each.done for each in seen)


@pytest.mark.parametrize("workers", [0, -1, True, 1.5, 1000])
def test_a_number_of_workers_is_a_number_of_workers(workers: int) -> None:
    with pytest.raises(InputError):
        DatasetSettings(workers=workers)


def test_a_journal_that_was_changed_is_not_believed(tmp_path: Path, source: Path, images: Path) -> None:
    publish(source, tmp_path / "out", images=images)
    journal = tmp_path / "out" / ".pyanon" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + b"".join(lines[2:10]) + b"no json\n" + b"".join(lines[10:]))
    done = publish(source, tmp_path / "out", images=images)
    assert (done.earlier, done.written) == (16, 60)


def test_errors_of_workers_are_those_of_the_house() -> None:
    from pyanon.dataset.crew import _dismantled, _rebuilt

    error = SinkError("no room", given="x", expected="y", do="z")
    again = _rebuilt(json.loads(json.dumps(_dismantled(error))))
    assert (type(again), str(again)) == (SinkError, str(error))
    other = _rebuilt(_dismantled(KeyError("lost")))
    assert isinstance(other, RunnerError)
    assert isinstance(other, PyanonError)
