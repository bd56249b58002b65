"""Reports: what a line says, and that lines stand for outputs that exist."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pyanon.errors import InputError, SinkError
from pyanon.policy import Policy
from pyanon.report import FaceReport, Tally, check_report, line_of, summary_of
from pyanon.types import Face, Frame, Result


def result(index: int = 0, *, faces: tuple[Face, ...] = (), failed: str = "") -> Result:
    frame = Frame(np.zeros((48, 64, 3), np.uint8), pts=index, time_base=Fraction(1, 25), index=index)
    return Result(frame, faces, {"locate": 1.23456, "total": 2.0}, failed=failed)


def face(*, track: int = 0, coasted: bool = False, box: tuple[float, float, float, float] = (1.234, 2, 30, 40)) -> Face:
    return Face(xyxy=box, score=0.87654321, track=track, coasted=coasted, action="covered")


def test_a_line_says_where_faces_are_and_nothing_of_how_they_look() -> None:
    line = line_of("a/b.mp4", result(5, faces=(face(track=3, coasted=True),)))
    assert line == {
        "file": "a/b.mp4",
        "frame": 5,
        "time": 0.2,
        "faces": [{"xyxy": [1.23, 2, 30, 40], "score": 0.8765, "track": 3, "coasted": True, "action": "covered"}],
        "timings": {"locate": 1.235, "total": 2.0},
    }


def test_a_face_that_was_to_be_replaced_says_why_it_was_not_and_what_was_spent() -> None:
    refused = Face((1, 2, 3, 4), 0.5, 1, False, "covered", reason="it is too small", similarity=(0.1,), epsilon=0.5)
    (entry,) = line_of("a.mp4", result(faces=(refused,)))["faces"]
    assert (entry["reason"], entry["epsilon"]) == ("it is too small", 0.5)
    assert "similarity" not in entry


def test_boxes_end_where_the_frame_does() -> None:
    line = line_of("a.mp4", result(faces=(face(box=(-5.5, -3, 70, 50.2)),)))
    assert line["faces"][0]["xyxy"] == [0, 0, 64, 48]


def test_a_frame_that_was_covered_whole_says_why() -> None:
    assert line_of("a.mp4", result(failed="locate"))["failed"] == "locate"
    assert "failed" not in line_of("a.mp4", result())


def test_lines_appear_when_the_report_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "faces.jsonl"
    with FaceReport(path) as report:
        report.write("a.mp4", result(0))
        report.write("a.mp4", result(1))
        report.keep()
        assert not path.exists()
    assert [json.loads(line)["frame"] for line in path.read_text().splitlines()] == [0, 1]
    assert list(tmp_path.iterdir()) == [path]


def test_lines_of_a_file_that_failed_are_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "faces.jsonl"
    with FaceReport(path) as report:
        report.write("good.mp4", result(0))
        report.keep()
        for index in range(100):
            report.write("bad.mp4", result(index))
        report.forget()
        report.write("short.mp4", result(0))
        report.keep()
        report.write("unfinished.mp4", result(0))
    assert [json.loads(line)["file"] for line in path.read_text().splitlines()] == ["good.mp4", "short.mp4"]


def test_a_run_that_ends_badly_leaves_the_lines_of_what_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "faces.jsonl"

    def run() -> None:
        with FaceReport(path) as report:
            report.write("good.mp4", result(0))
            report.keep()
            report.write("bad.mp4", result(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert [json.loads(line)["file"] for line in path.read_text().splitlines()] == ["good.mp4"]


def test_a_run_that_did_nothing_leaves_the_old_report(tmp_path: Path) -> None:
    path = tmp_path / "faces.jsonl"
    path.write_text("old\n")

    def run() -> None:
        with FaceReport(path) as report:
            report.write("bad.mp4", result(0))
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run()
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("link", [False, True])
def test_a_report_never_replaces_the_input(tmp_path: Path, link: bool) -> None:
    clip, report = tmp_path / "clip.mp4", tmp_path / "clip.mp4"
    clip.write_bytes(b"x")
    if link:
        report = tmp_path / "same.mp4"
        report.symlink_to(clip)
    with pytest.raises(InputError, match="would replace"):
        check_report(report, others=[clip], overwrite=True)


def test_a_report_never_replaces_an_output_that_is_not_there_yet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="would replace"):
        check_report(tmp_path / "a.mp4", others=[tmp_path / "b" / ".." / "a.mp4"], overwrite=True)


def test_an_existing_report_is_replaced_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "faces.jsonl"
    path.write_text("old\n")
    with pytest.raises(SinkError, match="exists already"):
        check_report(path, others=[], overwrite=False)
    assert check_report(path, others=[], overwrite=True) == path.resolve()


def test_a_tally_counts_faces_and_tracks() -> None:
    tally = Tally()
    tally.add(result(faces=(face(track=0), face(track=1, coasted=True))))
    tally.add(result(faces=(face(track=1),)))
    tally.add(result(failed="blend"))
    assert (tally.frames, tally.faces, tally.coasted, tally.tracks, tally.failed) == (3, 3, 1, 2, 1)
    assert (tally.replaced, tally.covered, tally.exposed) == (0, 3, 0)


def test_a_summary_holds_what_a_run_did_and_cost() -> None:
    tally = Tally()
    for spent in (0.5, 1.0):
        swapped = Face((1, 2, 3, 4), 0.5, 7, False, "replaced", epsilon=spent)
        tally.add(result(faces=(swapped, face(track=8))))
    facts = Policy(epsilon=0.5, key="a secret passphrase").facts()
    summary = json.loads(json.dumps(summary_of("a.mp4", tally, facts)))["summary"]
    assert (summary["replaced"], summary["covered"], summary["exposed"]) == (2, 2, 0)
    assert summary["epsilon"] == {"per_track": {"7": 1.0}, "total": 1.0}
    assert summary["policy"]["epsilon"] == 0.5
    assert "secret" not in json.dumps(summary)
