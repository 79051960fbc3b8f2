import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.common_words import COMMON_WORDS
from services.auth.domain.errors import WeakPassword
from services.auth.domain.guessable import pieces, repeats_itself
from services.auth.domain.passwords import refuse_weak

EMAIL = "ann.lee@example.com"
ascii_texts = st.text(string.ascii_letters + string.digits + string.punctuation + " ", max_size=40)


@pytest.mark.parametrize(
    "password",
    [
        "Password2024!",
        "P@ssw0rd1234",
        "passwordpassword",
        "qwertyuiopasdf",
        "1qaz2wsx3edc",
        "123456789012",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "LetMeIn12345!",
        "Liverpool1989",
        "portfolio-2026",
        "ｐａｓｓｗｏｒｄ2024!",
    ],
)
def test_what_is_guessed_first_is_refused(password):
    with pytest.raises(WeakPassword):
        refuse_weak(password, EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "k2#Vq9!mZp4x",
        "wander-obelisk-42-tin",
        "Zürich, 6 Uhr früh",
        "合格発表の朝に桜が咲いていた",
    ],
)
def test_what_is_long_or_unlikely_is_accepted(password):
    refuse_weak(password, EMAIL)


@given(st.integers(0, 2**32))
def test_a_random_password_is_accepted(seed):
    characters = random.Random(seed).choices(string.ascii_letters + string.digits, k=20)
    refuse_weak("".join(characters), EMAIL)


@pytest.mark.parametrize(
    "password", ["ann.lee@example.com", "x7!ANN.LEE@example.com#q", "my-ann.lee-Kj83hf", "Ann.Lee/93kd82kd"]
)
def test_the_owners_address_or_its_name_is_refused_in_any_case(password):
    with pytest.raises(WeakPassword, match="email"):
        refuse_weak(password, EMAIL)


def test_a_very_short_name_in_the_address_is_not_held_against_a_password():
    refuse_weak("kq joins the wombats", "jo@example.com")


@pytest.mark.parametrize("length", [0, 11, 129])
def test_a_length_outside_of_the_contract_is_refused(length):
    password = "k2#Vq9!mZp4xW7&bT5"
    with pytest.raises(WeakPassword, match="12 to 128"):
        refuse_weak((password * 8)[:length], EMAIL)


@given(ascii_texts)
def test_the_reason_never_contains_the_password(text):
    password = f"Password{text}1"
    try:
        refuse_weak(password, EMAIL)
    except WeakPassword as error:
        assert password not in str(error)


@given(ascii_texts, ascii_texts)
def test_joining_texts_never_costs_more_than_both(first, second):
    assert pieces(first + second) <= pieces(first) + pieces(second)


@given(ascii_texts)
def test_a_text_has_at_most_as_many_pieces_as_characters(text):
    assert (len(text) > 0) <= pieces(text) <= len(text)


@given(st.sampled_from(sorted(COMMON_WORDS)), st.integers(1900, 2099))
def test_a_word_and_a_year_are_two_pieces_however_they_are_dressed(word, year):
    assert pieces(word.upper() + str(year)) <= 2
    assert pieces(word.replace("a", "@").replace("o", "0").replace("e", "3")) == 1


@given(st.text(string.ascii_lowercase, min_size=1, max_size=8), st.integers(2, 9))
def test_a_repetition_is_recognised(unit, times):
    assert repeats_itself(unit * times)


def test_a_text_that_only_begins_again_is_no_repetition():
    assert not repeats_itself("sevenseas")
    assert not repeats_itself("")
