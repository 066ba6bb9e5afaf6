"""The rate of requests, as the operator sets it."""

import pytest

from probewright.errors import ConfigError
from probewright.webapp.api.rate_setting import A_MINUTE, read_rate


def test_a_rate_is_read_and_has_a_default() -> None:
    assert (read_rate(""), read_rate(" 30 ")) == (A_MINUTE, 30)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "1000001", "9" * 30, "\u0663"])
def test_what_is_no_rate_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="PROBEWRIGHT_API_RPM"):
        read_rate(value)
