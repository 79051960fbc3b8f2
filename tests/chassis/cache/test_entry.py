import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.cache.entry import Entry, Stamp, decode, encode, form_of

FORM = form_of(b"the contract")
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
ENTRIES = st.builds(Entry, st.builds(Stamp, st.integers(-(2**63), 2**63 - 1), NAMES, NAMES), st.binary(max_size=200))
ONE = Entry(Stamp(7, "tenant", "user"), b"body")


@given(NAMES, ENTRIES)
def test_an_entry_comes_back_as_it_was(key, entry):
    assert decode(FORM, key, encode(FORM, key, entry)) == entry


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_value_with_any_byte_changed_is_no_entry(place, change):
    value = bytearray(encode(FORM, "portfolio:1", ONE))
    value[place % len(value)] ^= change
    assert decode(FORM, "portfolio:1", bytes(value)) is None


@given(st.binary(max_size=100))
def test_what_others_wrote_is_no_entry(value):
    assert decode(FORM, "portfolio:1", value) is None


@given(st.integers(0, 200))
def test_a_value_that_was_cut_is_no_entry(length):
    value = encode(FORM, "portfolio:1", ONE)
    assert decode(FORM, "portfolio:1", value[: min(length, len(value) - 1)]) is None


@pytest.mark.parametrize(("form", "key"), [(FORM, "portfolio:2"), (form_of(b"the next contract"), "portfolio:1")])
def test_an_entry_of_another_key_or_another_contract_is_none(form, key):
    assert decode(form, key, encode(FORM, "portfolio:1", ONE)) is None
