"""A sealed field opens where it was sealed for, as it was, and nowhere else."""

import secrets
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.vault import BlindIndex, DataKey, Place, Unopenable

KEY = secrets.token_bytes(32)
HERE = Place("auth.users", "email", "01987f6c-0000-7000-8000-000000000001")
places = st.builds(Place, st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))


@given(st.binary(max_size=300), places)
def test_a_field_opens_in_its_own_place(clear, place):
    key = DataKey("k", KEY)
    assert key.open(place, key.seal(place, clear).body) == clear


@given(places, places)
def test_a_field_moved_to_another_table_column_or_row_does_not_open(place, other):
    if place == other:
        return
    key = DataKey("k", KEY)
    with pytest.raises(Unopenable):
        key.open(other, key.seal(place, b"a field").body)


def test_places_whose_parts_run_into_each_other_alike_are_two():
    key = DataKey("k", KEY)
    body = key.seal(Place("ab", "c", "d"), b"a field").body
    for other in (Place("a", "bc", "d"), Place("ab", "", "cd"), Place("", "abc", "d")):
        with pytest.raises(Unopenable):
            key.open(other, body)


@pytest.mark.parametrize(
    "other",
    [HERE._replace(table="auth.others"), HERE._replace(column="name"), HERE._replace(row=HERE.row[:-1] + "2")],
)
def test_each_part_of_the_place_counts(other):
    key = DataKey("k", KEY)
    with pytest.raises(Unopenable, match=other.column):
        key.open(other, key.seal(HERE, b"a field").body)


@pytest.mark.parametrize(("id", "key"), [("k", secrets.token_bytes(32)), ("another", KEY)])
def test_a_field_under_another_key_or_another_keys_name_does_not_open(id, key):
    with pytest.raises(Unopenable):
        DataKey(id, key).open(HERE, DataKey("k", KEY).seal(HERE, b"a field").body)


def test_any_bit_that_was_flipped_is_noticed():
    key = DataKey("k", KEY)
    body = key.seal(HERE, b"ann@example.com").body
    for bit in range(8 * len(body)):
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unopenable):
            key.open(HERE, bytes(changed))


@given(st.integers(0, 43))
def test_a_field_that_was_cut_short_does_not_open(length):
    key = DataKey("k", KEY)
    body = key.seal(HERE, b"ann@example.com").body
    with pytest.raises(Unopenable):
        key.open(HERE, body[: min(length, len(body) - 1)])


def test_a_nonce_is_96_bits_of_the_given_source_and_new_each_time():
    @dataclass
    class Counted:
        asked: int = 0

        def __call__(self, size):
            self.asked += 1
            return self.asked.to_bytes(size, "big")

    key = DataKey("k", KEY, Counted())
    nonces = [key.seal(HERE, b"the same").body[:12] for _ in range(3)]
    assert nonces == [n.to_bytes(12, "big") for n in (1, 2, 3)]


def test_a_key_of_another_length_is_refused():
    for kind in (lambda key: DataKey("k", key), BlindIndex):
        with pytest.raises(ValueError, match="32 bytes"):
            kind(b"short")


def test_an_index_is_the_same_for_the_same_text_under_the_same_key_alone():
    index = BlindIndex(KEY)
    assert index.of("ann@example.com") == BlindIndex(KEY).of("ann@example.com")
    assert index.of("ann@example.com") != index.of("bob@example.com")
    assert index.of("ann@example.com") != BlindIndex(secrets.token_bytes(32)).of("ann@example.com")
