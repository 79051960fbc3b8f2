import base64
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.paging import PageTokenInvalid, PageTokens

TOKENS = PageTokens(b"k" * 32)


@given(st.lists(st.text(), min_size=1), st.text())
def test_a_token_goes_on_where_its_page_ended(keyset, scope):
    assert TOKENS.decode(scope, TOKENS.encode(scope, keyset)) == keyset


def test_no_token_is_the_first_page_and_no_keyset_the_last():
    assert TOKENS.decode("list", "") == []
    assert TOKENS.encode("list", []) == ""


def test_a_token_is_worthless_in_another_scope():
    with pytest.raises(PageTokenInvalid, match="another listing"):
        TOKENS.decode("list:tenant-b", TOKENS.encode("list:tenant-a", ["x"]))


def test_a_scope_and_a_keyset_cannot_be_shifted_into_each_other():
    assert TOKENS.encode("ab", ["c"]) != TOKENS.encode("a", ["bc"])


def test_a_token_of_another_key_is_refused():
    with pytest.raises(PageTokenInvalid):
        TOKENS.decode("list", PageTokens(b"j" * 32).encode("list", ["x"]))


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_token_changed_in_any_place_is_refused(place, change):
    raw = bytearray(base64.urlsafe_b64decode(_padded(TOKENS.encode("list", ["2026-01-02", "AAPL"]))))
    raw[place % len(raw)] ^= change
    with pytest.raises(PageTokenInvalid):
        TOKENS.decode("list", base64.urlsafe_b64encode(raw).decode())


def _padded(token: str) -> str:
    return token + "=" * (-len(token) % 4)


@given(st.text(min_size=1))
def test_what_is_not_a_token_is_refused(text):
    with pytest.raises(PageTokenInvalid):
        TOKENS.decode("list", text)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="at least 32 bytes"):
        PageTokens(b"short")


def test_a_key_file_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "keys" / "page.key"
    token = PageTokens.from_file(path).encode("list", ["x"])
    assert PageTokens.from_file(path).decode("list", token) == ["x"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["page.key"]


def test_the_process_that_comes_second_takes_the_key_of_the_first(tmp_path, monkeypatch):
    from chassis import paging

    path = tmp_path / "page.key"
    first = PageTokens.from_file(path)
    assert paging._made(path) == path.read_bytes()
    assert PageTokens.from_file(path).decode("list", first.encode("list", ["x"])) == ["x"]
