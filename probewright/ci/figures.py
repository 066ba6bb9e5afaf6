"""Numbers as a comment has them. Those of `probewright.figures` need the statistics behind them, which load slowly."""

from collections.abc import Mapping
from typing import Any


def percent(share: float) -> str:
    """A share, 0 to 1, in per cent; what rounds to none or to all without being so is said to be near it."""
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 < share < 1:
        return ">99.9%"
    return f"{share:.1%}"


def share_in_words(rate: Mapping[str, Any]) -> str:
    """A share with its interval: "4.1% (95% interval 2.0% to 6.9%)"."""
    if rate.get("low") is None or rate.get("high") is None:
        return percent(rate["value"])
    return f"{percent(rate['value'])} (95% interval {percent(rate['low'])} to {percent(rate['high'])})"


def rate_in_words(rate: Mapping[str, Any]) -> str:
    """A fail rate in a sentence: "27 of 82 assessed answers failed: 32.9% (95% interval 23.7% to 43.7%)."."""
    if not rate["n"] or rate["value"] is None:
        return "No answer was assessed: n/a."
    failed = round(rate["value"] * rate["n"])
    answers = "assessed answer" if rate["n"] == 1 else "assessed answers"
    return f"{failed:,} of {rate['n']:,} {answers} failed: {share_in_words(rate)}."


def points(difference: Mapping[str, Any]) -> str:
    """A difference in percentage points: "+14.6 points (95% interval +3.0 to +25.1)"."""
    if difference.get("value") is None:
        return "n/a"
    if difference.get("low") is None or difference.get("high") is None:
        return f"{_point(difference['value'])} points (the data support no interval)"
    ends = f"{_point(difference['low'])} to {_point(difference['high'])}"
    confidence = difference.get("confidence") or 0.95
    return f"{_point(difference['value'])} points ({confidence:.0%} interval {ends})"


def duration(seconds: float) -> str:
    """A time span in the two units that matter: "1 h 12 min", "4 min 8 s", "2.3 s"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def counted(count: int, noun: str) -> str:
    """A count with its noun: "1 case", "12 cases"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _point(share: float) -> str:
    return f"{100 * share + 0.0:+.1f}".replace("-", "−")
