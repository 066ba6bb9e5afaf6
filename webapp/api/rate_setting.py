"""How many requests a minute a token may make, from the environment."""

from probewright.errors import ConfigError

VARIABLE = "PROBEWRIGHT_API_RPM"
A_MINUTE = 600
MOST_A_MINUTE = 1_000_000


def read_rate(value: str) -> int:
    """Requests a minute of each token, from the variable's value; empty: 600.

    Raises:
        ConfigError: it is no such number.
    """
    text = value.strip() or str(A_MINUTE)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST_A_MINUTE):
        raise ConfigError(f"{VARIABLE}: {text[:40]!r} is no rate; allowed: 1 to {MOST_A_MINUTE:,} requests a minute")
    return int(text)
