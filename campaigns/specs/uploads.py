"""Files that users bring through the web: kept in the data folder under names that the server chose."""

import os
import re
import stat
from hashlib import sha256
from pathlib import Path

from probewright.errors import DataError
from probewright.home import folder, write_atomically

MOST_BYTES = 32 * 1024 * 1024
MOST_LINES = 500_000  # a line of two bytes becomes about 500 in memory
ENDINGS = (".csv", ".jsonl", ".ndjson")
NAME = re.compile(rf"[0-9a-f]{{32}}({'|'.join(re.escape(ending) for ending in ENDINGS)})")


def place() -> Path:
    """The folder of the uploads, made on demand."""
    return folder("uploads")


def keep(name: str, content: bytes) -> str:
    """Keeps a file; returns the name under which specs refer to it.

    The name is a hash of the content: the same set is kept once, and a spec that names it is the same spec each time.

    Args:
        name: What the user calls the file; only its ending counts.
        content: The whole file.

    Raises:
        DataError: it is too long, has too many lines, or its ending is none that a set of prompts has.
    """
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise DataError(f"the file ends in {ending!r}; allowed: {', '.join(ENDINGS)}")
    if len(content) > MOST_BYTES:
        raise DataError(f"the file holds {len(content):,} bytes; allowed: {MOST_BYTES:,}")
    if (lines := max(content.count(b"\n"), content.count(b"\r"))) > MOST_LINES:
        raise DataError(f"the file holds {lines:,} lines; allowed: {MOST_LINES:,}")
    kept = f"{sha256(content).hexdigest()[:32]}{ending}"
    if not is_upload(place() / kept):
        write_atomically(place() / kept, content)
    return kept


def is_upload(path: Path) -> bool:
    """Whether this is a file that `keep` has made: directly in the folder, by its name, and no link to elsewhere."""
    if path.parent != place() or not NAME.fullmatch(path.name):
        return False
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False
