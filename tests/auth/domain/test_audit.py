"""A chain in which nothing can be changed, removed, exchanged, put in or cut off unnoticed."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.audit import START, Action, ChainBroken, Head, Stored, Verifier, chained, code_of

KEY = b"k" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LENGTH = 12


def entry(number):
    return Stored(f"id-{number}", NOW, f"user-{number}", Action.USER_LOGIN, "OK", "key", secrets.token_bytes(40))


def chain(length=LENGTH):
    links = []
    for number in range(length):
        head = Head(links[-1].seq, links[-1].code) if links else START
        links += chained(KEY, head, [entry(number)], NOW + timedelta(seconds=number))
    return links


def verified(links, heads=None):
    verifier = Verifier(KEY, START, heads or {})
    verifier.follow(links)
    verifier.finish()
    return verifier.at


def test_a_chain_that_nobody_touched_is_intact():
    links = chain()
    assert verified(links, {3: links[2].code, LENGTH: links[-1].code}) == Head(LENGTH, links[-1].code)
    assert verified([]) == START


def edited(links, at, how):
    """The chain with one stored part of one link changed."""
    link = links[at]
    found = {
        "user_id": replace(link, entry=replace(link.entry, user_id="another")),
        "action": replace(link, entry=replace(link.entry, action=Action.USER_LOGOUT)),
        "result": replace(link, entry=replace(link.entry, result="BAD_CREDENTIALS")),
        "occurred_at": replace(link, entry=replace(link.entry, occurred_at=NOW + timedelta(microseconds=1))),
        "recorded_at": replace(link, recorded_at=NOW - timedelta(microseconds=1)),
        "id": replace(link, entry=replace(link.entry, id="another")),
        "key_id": replace(link, entry=replace(link.entry, key_id="another")),
        "sealed": replace(link, entry=replace(link.entry, sealed=secrets.token_bytes(40))),
        "code": replace(link, code=secrets.token_bytes(32)),
    }[how]
    return [*links[:at], found, *links[at + 1 :]]


PARTS = ("user_id", "action", "result", "occurred_at", "recorded_at", "id", "key_id", "sealed", "code")


@given(at=st.integers(0, LENGTH - 1), how=st.sampled_from(PARTS))
def test_a_link_of_which_anything_was_changed_is_the_first_that_is_broken(at, how):
    with pytest.raises(ChainBroken) as caught:
        verified(edited(chain(), at, how))
    assert caught.value.seq == at + 1


@given(at=st.integers(0, LENGTH - 2))
def test_a_link_that_was_removed_is_missed(at):
    links = chain()
    with pytest.raises(ChainBroken) as caught:
        verified(links[:at] + links[at + 1 :])
    assert caught.value.seq == at + 1


@given(at=st.integers(0, LENGTH - 1), to=st.integers(0, LENGTH - 1))
def test_entries_that_were_exchanged_are_found(at, to):
    links = chain()
    at, to = sorted((at, to))
    if at == to:
        return
    one, other = replace(links[at], entry=links[to].entry), replace(links[to], entry=links[at].entry)
    links[at], links[to] = one, other
    with pytest.raises(ChainBroken) as caught:
        verified(links)
    assert caught.value.seq == at + 1


@given(at=st.integers(0, LENGTH))
def test_a_tail_that_was_cut_off_is_missed_by_its_signed_head(at):
    links = chain()
    heads = {LENGTH: links[-1].code}
    if at == LENGTH:
        assert verified(links, heads).seq == LENGTH
        return
    with pytest.raises(ChainBroken) as caught:
        verified(links[:at], heads)
    assert caught.value.seq == at + 1


@given(at=st.integers(0, LENGTH - 1))
def test_a_tail_that_was_chained_anew_without_the_key_is_found(at):
    links = chain()
    forged = chained(b"x" * 32, Head(at, links[at - 1].code if at else START.code), [entry(0)] * (LENGTH - at), NOW)
    with pytest.raises(ChainBroken) as caught:
        verified([*links[:at], *forged])
    assert caught.value.seq == at + 1


def test_even_with_the_key_nobody_replaces_what_a_signed_head_covers():
    links = chain()
    rewritten = chained(KEY, START, [entry(99), *(link.entry for link in links[1:])], NOW)
    with pytest.raises(ChainBroken) as caught:
        verified(rewritten, {LENGTH: links[-1].code})
    assert caught.value.seq == LENGTH


def test_what_is_moved_from_one_part_to_the_next_is_another_link():
    one = replace(entry(0), user_id="ab", action="c")
    other = replace(one, user_id="a", action="bc")
    assert code_of(KEY, START.code, 1, NOW, one) != code_of(KEY, START.code, 1, NOW, other)
