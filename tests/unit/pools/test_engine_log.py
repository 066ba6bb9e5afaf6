import asyncio
from pathlib import Path

from probewright.pools import engine_log
from probewright.pools.engine_log import EngineLog, copy_lines


def test_the_last_line_with_text_is_kept_for_messages() -> None:
    with EngineLog("x") as log:
        for line in (b"loading\n", b"out of memory\n", b"  \n"):
            log.write(line)
    assert log.last_line == "out of memory"
    assert log.path.read_bytes() == b"loading\nout of memory\n  \n"


def test_a_process_that_never_stops_talking_fills_two_files_and_no_more(home: Path) -> None:
    with EngineLog("x") as log:
        for number in range(3000):
            log.write(b"%06d" % number + b"." * 600 + b"\n")
    sizes = [path.stat().st_size for path in (home / "engine-logs").iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= engine_log.MAX_BYTES
    assert log.path.read_bytes().splitlines()[-1].startswith(b"002999")


def test_a_line_longer_than_the_buffer_and_an_unfinished_one_are_kept() -> None:
    async def copied() -> bytes:
        source = asyncio.StreamReader(limit=64)
        source.feed_data(b"a" * 200 + b"\nlast words")
        source.feed_eof()
        with EngineLog("x") as log:
            await copy_lines(source, log)
        assert log.last_line == "last words"
        return log.path.read_bytes()

    content = asyncio.run(copied())
    assert content.count(b"a") >= 200


def test_old_logs_are_deleted_and_the_newest_stay(home: Path) -> None:
    for number in range(60):
        EngineLog(f"old-{number:02}").__exit__(None, None, None)
    left = sorted(path.name for path in (home / "engine-logs").iterdir())
    assert len(left) <= 2 * engine_log.MAX_FILES + 1
    assert "old-59.log" in left
