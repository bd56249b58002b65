"""Live sources and live outputs: pace, drops, reconnecting, time-outs, stopping."""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import pytest

from pyanon.errors import (
    InputError,
    SinkError,
    SourceError,
    SourceNotFoundError,
    TruncatedSourceError,
    UnsupportedMediaError,
)
from pyanon.types import Frame
from pyanon.video import AudioInfo, VideoInfo, open_camera, open_sink, open_video, sink
from pyanon.video.feed import LiveSettings, feed_of
from pyanon.video.live import Clock, LiveSource
from tests.video.media import card, write_video

RATE = Fraction(25)
BASE = Fraction(1, 25)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    for thread in [thread for thread in threading.enumerate() if thread.name == "pyanon-live"]:
        thread.join(20)
        assert not thread.is_alive()


def film(path: Path, count: int = 20) -> Path:
    pictures = [card(64, 48, number=index % 40) for index in range(count)]
    return write_video(path, pictures, rate=RATE, time_base=BASE, options={"g": "5", "bf": "0"})


class FakeTime:
    """A clock that jumps to the end of each wait, and writes the waits down."""

    def __init__(self) -> None:
        self.time, self.waits = 100.0, []

    def clock(self) -> Clock:
        return Clock(now=lambda: self.time, wait=self._wait)

    def _wait(self, stop: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.time += max(0.0, seconds)
        return stop.is_set()


def test_a_file_is_played_at_its_own_pace(tmp_path: Path) -> None:
    fake = FakeTime()
    with LiveSource(film(tmp_path / "a.mp4"), settings=LiveSettings(queue=100), clock=fake.clock()) as source:
        frames = list(source)
    assert source.info.live
    assert [frame.time for frame in frames] == [index / 25 for index in range(20)]
    assert sum(fake.waits) == pytest.approx(19 / 25)
    assert max(fake.waits) == pytest.approx(1 / 25)
    assert source.dropped == 0


def test_the_oldest_waiting_frames_are_dropped_and_counted(tmp_path: Path) -> None:
    with LiveSource(film(tmp_path / "a.mp4"), settings=LiveSettings(queue=3), clock=FakeTime().clock()) as source:
        source._thread.join(30)  # it has played to the end before anybody looked
        frames = list(source)
    assert [frame.index for frame in frames] == [17, 18, 19]
    assert source.dropped == 17


def test_open_camera_plays_a_file(tmp_path: Path) -> None:
    with open_camera(film(tmp_path / "a.mp4", 5), queue=10) as source:
        assert [frame.index for frame in source] == [0, 1, 2, 3, 4]
        with pytest.raises(InputError, match="read once"):
            iter(source)


def test_cameras_files_and_addresses_are_told_apart(tmp_path: Path) -> None:
    settings = LiveSettings(size=(1280, 720), rate=30, options={"input_format": "mjpeg"})
    film(tmp_path / "a.mp4", 2)
    assert feed_of(tmp_path / "a.mp4", settings).paced
    rtsp = feed_of("rtsp://host/stream", LiveSettings())
    assert rtsp.options["rtsp_transport"] == "tcp"
    assert not rtsp.paced
    assert feed_of("rtsp://host/stream", LiveSettings(options={"rtsp_transport": "udp"})).options["rtsp_transport"] == (
        "udp"
    )
    for missing in (63, "63", "/dev/video63", tmp_path / "missing.mp4"):
        with pytest.raises(SourceNotFoundError, match="no such camera"):
            open_camera(missing)


def test_a_camera_is_asked_for_size_and_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: True)
    monkeypatch.setattr(Path, "is_char_device", lambda _: True)
    settings = LiveSettings(size=(1280, 720), rate=30, options={"input_format": "mjpeg"})
    for name in (0, "0", "/dev/video0"):
        feed = feed_of(name, settings)
        assert (feed.address, feed.format, feed.paced) == ("/dev/video0", "v4l2", False)
        assert feed.options == {"input_format": "mjpeg", "video_size": "1280x720", "framerate": "30"}


def test_settings_that_cannot_be_used() -> None:
    for wrong in ({"queue": 0}, {"timeout": 0}, {"patience": -1}):
        with pytest.raises(InputError, match="cannot be read like this"):
            open_camera("udp://127.0.0.1:1", **wrong)


def test_files_that_are_no_video(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "words.txt").write_text("words " * 1000)
    for name in ("empty.mp4", "words.txt"):
        with pytest.raises(UnsupportedMediaError, match="not a video"):
            open_camera(tmp_path / name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(SourceError, match="Connection refused"):
        open_camera(f"rtsp://127.0.0.1:{free_port()}/a", timeout=2)


def test_a_server_that_says_nothing_is_given_up_after_the_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(SourceError, match="live source"):
        open_camera(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/a", timeout=0.3)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def http(folder: Path, handler: Callable[..., SimpleHTTPRequestHandler] = _Quiet) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_video_behind_http_is_read_like_a_file(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4")
    with http(tmp_path) as server:
        with open_video(f"{server}/a.mp4") as video:
            assert len(list(video)) == 20
        with pytest.raises(SourceNotFoundError, match="nothing is found"):
            open_video(f"{server}/missing.mp4")
        with pytest.raises(SourceNotFoundError, match="nothing is found"):
            open_camera(f"{server}/missing.mp4")


def test_a_lost_connection_is_opened_again_and_time_goes_on(tmp_path: Path) -> None:
    film(tmp_path / "a.ts", 10)
    fake = FakeTime()
    with (
        http(tmp_path) as server,
        LiveSource(f"{server}/a.ts", settings=LiveSettings(queue=1000), clock=fake.clock()) as source,
    ):
        frames = list(itertools.islice(source, 35))
    assert source.reconnects >= 3
    assert [frame.index for frame in frames] == list(range(35))
    stamps = [frame.pts for frame in frames]
    assert stamps == sorted(set(stamps))
    gap = frames[10].time - frames[9].time
    assert gap == pytest.approx(fake.waits[0], abs=0.05), "the outage is seen in the time stamps"


def test_reconnecting_backs_off_and_is_given_up(tmp_path: Path) -> None:
    """The server delivers once, and then nothing any more."""
    film(tmp_path / "a.ts", 10)
    fake = FakeTime()

    class Once(_Quiet):
        def do_GET(self) -> None:
            if fake.waits:
                self.send_error(503)
            else:
                super().do_GET()

    settings = LiveSettings(queue=1000, patience=20)
    with http(tmp_path, Once) as server, LiveSource(f"{server}/a.ts", settings=settings, clock=fake.clock()) as source:
        frames: list[Frame] = []
        with pytest.raises(TruncatedSourceError, match="nothing for 20 seconds"):
            frames.extend(source)
    assert len(frames) == 10
    assert fake.waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_close_wakes_who_waits_for_a_frame(tmp_path: Path) -> None:
    """A source that stalls after its first frame: whoever waits for the second is let go at once."""
    stalled = threading.Event()

    def stall(stop: threading.Event, seconds: float) -> bool:
        if seconds <= 0:
            return False
        stalled.set()
        return stop.wait(60)

    source = LiveSource(film(tmp_path / "a.mp4"), settings=LiveSettings(), clock=Clock(now=lambda: 0.0, wait=stall))

    def close() -> None:
        stalled.wait()
        source.close()

    threading.Thread(target=close, daemon=True).start()
    assert len(list(source)) <= 1
    source._thread.join(20)
    assert not source._thread.is_alive()


def live_info(**known: object) -> VideoInfo:
    return VideoInfo("camera", 64, 48, rate=RATE, time_base=BASE, live=True, **known)


def publish(address: str, count: int, *, stop: threading.Event | None = None) -> None:
    """Send test cards, at about the pace of a camera."""
    with open_sink(address, like=live_info()) as output:
        for index in range(count):
            output.write(Frame(card(64, 48, number=index % 40), pts=index, time_base=BASE))
            if stop is not None and stop.wait(0.02):
                return


def test_udp_from_end_to_end() -> None:
    address, stop = f"udp://127.0.0.1:{free_port()}", threading.Event()
    sender = threading.Thread(target=publish, args=(address, 5000), kwargs={"stop": stop}, daemon=True)
    sender.start()
    try:
        with open_camera(address, timeout=10) as source:
            frames = list(itertools.islice(source, 10))
        source._thread.join(20)  # while packets still come, so that it notices at once
    finally:
        stop.set()
        sender.join()
    assert frames[0].pixels.shape == (48, 64, 3)
    assert [frame.pts for frame in frames] == sorted({frame.pts for frame in frames})


_RECEIVE = """
import itertools, sys, av
options = {"rtsp_flags": "listen", "listen_timeout": "30", "analyzeduration": "1"}
with av.open(sys.argv[1], options=options, timeout=30) as container:
    for frame in itertools.islice(container.decode(video=0), 10):
        print(frame.width, frame.height, flush=True)
"""


def test_rtsp_output_reaches_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """libavformat plays the server that takes what is announced to it, in a process of its own."""
    # It takes one connection only: looking whether it answers would use that up.
    monkeypatch.setattr(sink, "check_reachable", lambda *_, **__: None)
    address, stop = f"rtsp://127.0.0.1:{free_port()}/live", threading.Event()
    with subprocess.Popen([sys.executable, "-c", _RECEIVE, address], stdout=subprocess.PIPE, text=True) as server:
        watcher = threading.Thread(target=lambda: (server.wait(60), stop.set()), daemon=True)
        watcher.start()
        while not stop.wait(0.05):  # until the server listens
            with contextlib.suppress(SinkError):
                publish(address, 5000, stop=stop)
        watcher.join()
        received = server.stdout.read() if server.stdout else ""
    assert received == "64 48\n" * 10


def test_a_server_that_never_answers_is_given_up_after_the_time_out() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(SinkError, match="does not take the video"),
    ):
        open_sink(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live", like=live_info(), timeout=0.5)


SESSION = [
    *("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"),
    *("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1", ""),
]


class RtspServer:
    """As much of RFC 2326 as it takes to play: PyAV sends the pictures to the port the client names."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"rtsp://127.0.0.1:{self._server.getsockname()[1]}/live"
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(20)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._server.accept()
            with client:
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        port = ""
        for request in iter(lambda: client.recv(4096).decode(), ""):
            method, sequence = request.split()[0], re.search(r"CSeq: (\d+)", request)[1]
            headers, body = [f"CSeq: {sequence}", "Session: 1"], ""
            if method == "DESCRIBE":
                lines = [
                    "v=0",
                    "o=- 0 0 IN IP4 127.0.0.1",
                    "s=-",
                    "c=IN IP4 127.0.0.1",
                    "t=0 0",
                    "m=video 0 RTP/AVP 96",
                ]
                body = "\r\n".join([*lines, "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1", ""])
                headers += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
            elif method == "SETUP":
                port = re.search(r"client_port=(\d+)", request)[1]
                headers.append(f"Transport: RTP/AVP/UDP;unicast;client_port={port};server_port=6970-6971")
            client.sendall("\r\n".join(["RTSP/1.0 200 OK", *headers, "", body]).encode())
            if method == "PLAY":
                self._threads.append(threading.Thread(target=self._send, args=(port,), daemon=True))
                self._threads[-1].start()

    def _send(self, port: str) -> None:
        with av.open(f"rtp://127.0.0.1:{port}", "w", format="rtp") as output:
            stream = output.add_stream("libx264", rate=RATE, options={"tune": "zerolatency", "g": "5"}, time_base=BASE)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            # The parameter sets travel in the stream: the description of the session does not have them.
            stream.codec_context.flags &= ~av.codec.context.Flags.global_header
            for index in itertools.count():
                frame = av.VideoFrame.from_ndarray(card(64, 48, number=index % 40), format="rgb24")
                frame = frame.reformat(format="yuv420p")
                frame.pts, frame.time_base = index, BASE
                output.mux(stream.encode(frame))
                if self._stop.wait(0.02):
                    return


def test_rtsp_input() -> None:
    server = RtspServer()
    try:
        with open_camera(server.address, timeout=10, options={"rtsp_transport": "udp"}) as source:
            frames = list(itertools.islice(source, 10))
        source._thread.join(20)  # while the server still sends, so that it notices at once
    finally:
        server.close()
    assert source.info.codec == "h264"
    assert frames[0].pixels.shape == (48, 64, 3)
    assert [frame.pts for frame in frames] == sorted({frame.pts for frame in frames})


def test_an_output_server_that_is_not_there_is_told() -> None:
    for scheme in ("rtsp", "tcp"):
        with pytest.raises(SinkError, match="does not answer"):
            open_sink(f"{scheme}://127.0.0.1:{free_port()}/live", like=live_info(), timeout=2)


def test_the_sound_of_a_live_source_cannot_be_copied(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="live source cannot be copied"):
        open_sink(tmp_path / "a.mp4", like=live_info(audio=(AudioInfo(1, "aac"),)), audio="copy")
    assert list(tmp_path.iterdir()) == []


def test_live_outputs_hold_no_frame_back() -> None:
    """Each packet leaves with its frame: what a viewer sees is not delayed by looking ahead."""
    address = f"udp://127.0.0.1:{free_port()}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", int(address.rpartition(":")[2])))
        receiver.settimeout(20)
        with open_sink(address, like=live_info()) as output:
            output.write(Frame(card(64, 48), pts=0, time_base=BASE))
            assert receiver.recv(65536)
