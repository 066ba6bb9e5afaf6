"""Seeds derived from seeds, so that every part draws from its own stream and none depends on the order of work."""

from hashlib import blake2b
from random import Random


def derive(seed: int, *parts: object) -> int:
    """A 63-bit seed that depends on ``seed`` and on each of ``parts`` (compared by their text)."""
    text = "\x1f".join([str(seed), *map(str, parts)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, *parts: object) -> Random:
    """A generator seeded by ``derive``."""
    return Random(derive(seed, *parts))
