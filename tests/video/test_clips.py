"""The same on real footage, where it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyanon.video import open_sink, open_video
from tests.video.media import times

CLIPS = Path(os.environ.get("PYANON_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "clips"


@pytest.mark.data
@pytest.mark.skipif(not CLIPS.is_dir(), reason=f"there are no clips in {CLIPS}")
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_real_clips_keep_their_frames_and_times(tmp_path: Path, suffix: str) -> None:
    clips = sorted(CLIPS.glob("*.mp[4g]"))
    assert clips
    for clip in clips:
        output = tmp_path / f"{clip.stem}{suffix}"
        with open_video(clip) as video, open_sink(output, like=video.info) as sink:
            stamps = []
            for frame in video:
                sink.write(frame)
                stamps.append(frame.pts * frame.time_base)
        assert video.corrupt == 0
        unit = 0 if suffix == ".mp4" else 0.0005
        assert max(abs(ours - theirs) for ours, theirs in zip(times(output), stamps, strict=True)) <= unit, clip.name
