import os
import subprocess
import sys
from pathlib import Path

import pytest

from probewright.errors import PoolError
from probewright.pools import digests
from probewright.pools import imported as module
from probewright.pools.imported import imported
from tests.torch import tiny

pytestmark = pytest.mark.torch
IMPORT = """
import resource, sys
from pathlib import Path
from probewright.errors import PoolError
from probewright.pools import imported as module

if limit := int(sys.argv[3]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
read = module._read

def counted(path):
    print("reading", flush=True)
    return read(path)

module._read = counted
try:
    print(module.imported(Path(sys.argv[1]), sys.argv[2]))
except PoolError as error:
    print(error)
"""


def start(path: Path, most_bytes: int = 0) -> subprocess.Popen[str]:
    """Imports in a process of its own, which can write no file larger than ``most_bytes``, where that is not 0."""
    command = [sys.executable, "-c", IMPORT, str(path), digests.sha256(path), str(most_bytes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TQDM_DISABLE": "1"})


def contents(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "imported").iterdir() if path.suffix != ".lock")


def test_a_model_is_imported_with_its_tokenizer_and_chat_template(tiny_gguf: Path, data_folder: Path) -> None:
    sha256 = digests.sha256(tiny_gguf)
    folder = imported(tiny_gguf, sha256)
    assert folder == data_folder / "imported" / sha256
    assert (folder / "chat_template.jinja").read_text() == tiny.TEMPLATE
    assert "quantization_config" not in (folder / "config.json").read_text()
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in folder.iterdir()}
    changed = (folder / "config.json").stat().st_mtime_ns
    assert imported(tiny_gguf, sha256) == folder
    assert (folder / "config.json").stat().st_mtime_ns == changed


def test_two_processes_that_want_the_same_model_import_it_once(tiny_gguf: Path, data_folder: Path) -> None:
    both = [start(tiny_gguf) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].split() for process in both]
    assert sorted(map(len, said)) == [1, 2]
    assert said[0][-1] == said[1][-1] == str(data_folder / "imported" / digests.sha256(tiny_gguf))


def test_a_write_that_fails_is_one_line_and_leaves_nothing(tiny_gguf: Path, data_folder: Path) -> None:
    said = start(tiny_gguf, most_bytes=50_000).communicate(timeout=120)[0].splitlines()
    assert len(said) == 2  # reading, and the error
    assert f"importing the model into {data_folder / 'imported'} needs " in said[1]
    assert " MB are free; writing failed: " in said[1]
    assert "File too large" in said[1]
    assert contents(data_folder) == []


def test_too_little_room_is_said_before_anything_is_written(
    tiny_gguf: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_free_mb", lambda folder: 12)
    with pytest.raises(PoolError, match=r"imported needs \d+ MB, 12 MB are free$"):
        imported(tiny_gguf, digests.sha256(tiny_gguf))
    assert contents(data_folder) == []


def test_what_a_killed_import_left_is_removed_by_the_next(tiny_gguf: Path, data_folder: Path) -> None:
    sha256 = digests.sha256(tiny_gguf)
    left = data_folder / "imported" / f".{sha256}.part"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    assert imported(tiny_gguf, sha256).is_dir()
    assert contents(data_folder) == [sha256]


def test_a_file_that_was_changed_is_not_imported(tiny_gguf: Path, data_folder: Path) -> None:
    with pytest.raises(PoolError, match=r"has the SHA-256 [0-9a-f]{64}, not 0{64}; it was changed"):
        imported(tiny_gguf, "0" * 64)
    assert contents(data_folder) == []


def test_a_file_that_transformers_cannot_read_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(PoolError, match=r"^transformers cannot read .*broken\.gguf: ") as error:
        imported(path, digests.sha256(path))
    assert "\n" not in str(error.value)
