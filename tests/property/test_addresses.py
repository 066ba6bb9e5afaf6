"""No address that only this network knows gets past the rules for specs from the web."""

from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from probewright.campaigns.specs.addresses import Allowed, is_public, read_allowed, refusal, resolve

PRIVATE = st.one_of(
    st.ip_addresses(v=4, network="10.0.0.0/8"),
    st.ip_addresses(v=4, network="127.0.0.0/8"),
    st.ip_addresses(v=4, network="169.254.0.0/16"),
    st.ip_addresses(v=4, network="172.16.0.0/12"),
    st.ip_addresses(v=4, network="192.168.0.0/16"),
    st.ip_addresses(v=4, network="100.64.0.0/10"),
    st.ip_addresses(v=4, network="224.0.0.0/4"),
)


@given(PRIVATE)
def test_every_spelling_of_a_private_address_is_refused(address: IPv4Address) -> None:
    number = int(address)
    a, b, c, d = address.packed
    for host in (str(address), str(number), hex(number), f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"{a}.{number & 0xFFFFFF}"):
        assert resolve(host) == (address,)
        assert refusal(host, Allowed())


@given(PRIVATE)
def test_a_private_address_within_an_ipv6_address_is_refused(address: IPv4Address) -> None:
    number = int(address)
    for carrier in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert not is_public(IPv6Address(carrier))
        assert refusal(f"[{IPv6Address(carrier)}]", Allowed())


@given(st.ip_addresses())
def test_what_is_public_is_allowed_and_what_is_not_can_be(address: IPv4Address | IPv6Address) -> None:
    host = str(address)
    assert bool(refusal(host, Allowed())) is not is_public(address)
    assert refusal(host, read_allowed("1")) == ""
    assert refusal(host, read_allowed(host)) == ""
    assert refusal(host, read_allowed(f"{host}/{address.max_prefixlen}")) == ""
