"""Numbers as people read them, the same everywhere: a rate never without its denominator and its interval."""

from probewright.findings import Value
from probewright.protocols import Cost
from probewright.stats.intervals import Rate
from probewright.stats.paired import Difference

NOT_ASSESSED = "n/a"


def percent(share: float | None, digits: int = 1) -> str:
    """A share, 0 to 1, in per cent; what rounds to none or to all without being so is said to be near it."""
    if share is None:
        return NOT_ASSESSED
    step = 10.0**-digits
    if 0 < 100 * share < step / 2:
        return f"<{step:.{digits}f}%"
    if 100 - step / 2 < 100 * share < 100:
        return f">{100 - step:.{digits}f}%"
    return f"{share:.{digits}%}"


def interval(rate: Rate) -> str:
    """The interval in words, such as "95% interval 23.7% to 43.7%"."""
    return f"{percent(rate.confidence, 0)} interval {ends(rate)}"


def ends(rate: Rate) -> str:
    """The interval's two ends: "23.7% to 43.7%"."""
    return f"{percent(rate.low)} to {percent(rate.high)}" if rate.n else NOT_ASSESSED


def bounds(rate: Rate) -> str:
    """The interval's ends alone, in whole per cent, for narrow places: "24 to 44"."""
    if rate.low is None or rate.high is None:
        return ""
    return f"{100 * rate.low:.0f} to {100 * rate.high:.0f}"


def of(rate: Rate) -> str:
    """The counts: "27 of 82"."""
    return f"{rate.successes:,} of {rate.n:,}"


def rate_in_words(rate: Rate) -> str:
    """All of a rate: "32.9% (27 of 82; 95% interval 23.7% to 43.7%)"."""
    if rate.n == 0:
        return NOT_ASSESSED
    return f"{percent(rate.value)} ({of(rate)}; {interval(rate)})"


def difference_in_words(difference: Difference) -> str:
    """A difference of two rates in percentage points: "+14.6 points (95% interval +3.0 to +25.1)"."""
    if difference.value is None:
        return NOT_ASSESSED
    if difference.low is None or difference.high is None:
        return f"{_points(difference.value)} points (the data support no interval)"
    ends = f"{_points(difference.low)} to {_points(difference.high)}"
    return f"{_points(difference.value)} points ({percent(difference.confidence, 0)} interval {ends})"


def value_in_words(value: Value) -> str:
    """Any value of a finding's table, with its interval where it has one."""
    if isinstance(value, Rate):
        return rate_in_words(value)
    if isinstance(value, Difference):
        return difference_in_words(value)
    return f"{value:,}" if isinstance(value, int) else value


def p_value(p: float) -> str:
    """A p value: "p = 0.035", or "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}" if p < 0.01 else f"p = {p:.3f}"


def dollars(cost: Cost) -> str:
    """What it cost; an unknown price is unknown, never zero."""
    if cost.usd is None:
        return "cost unknown"
    return f"${cost.usd:,.4f}" if 0 < cost.usd < 0.01 else f"${cost.usd:,.2f}"


def duration(seconds: float) -> str:
    """A time span in the two units that matter: "1 h 12 min", "4 min 8 s", "2.3 s"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun: "1 case", "12 cases"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def _points(share: float) -> str:
    return f"{100 * share + 0.0:+.1f}".replace("-", "−")
