"""What reads like SQL injection, on a corpus of our own: 233 attacks of all families, 681 texts that people write."""

from pathlib import Path

import pytest

from chassis.injection import family_of

CORPUS = Path(__file__).parent
FAMILIES = {"tautology", "union", "stacked", "comment", "blind", "catalogue", "clause", "subselect", "query"}


def lines(name):
    return [line for line in (CORPUS / name).read_text(encoding="utf-8").split("\n") if line]


ATTACKS = [line for line in lines("attacks.txt") if not line.startswith("# ")]
BENIGN = lines("benign.txt")


def test_the_corpus_is_as_large_as_is_said_and_has_all_families():
    assert (len(set(ATTACKS)), len(set(BENIGN))) == (233, 681)
    assert {line.removeprefix("# ") for line in lines("attacks.txt") if line.startswith("# ")} == FAMILIES


def test_every_attack_reads_like_one():
    missed = [text for text in ATTACKS if family_of(text) not in FAMILIES]
    assert not missed


def test_nothing_that_people_write_reads_like_an_attack():
    mistaken = [(family_of(text), text) for text in BENIGN if family_of(text)]
    assert not mistaken


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("' or '1'='1", "tautology"),
        ("-1 union select 1,2", "union"),
        ("'; drop table users--", "stacked"),
        ("admin' -- ", "comment"),
        ("1; waitfor delay '0:0:5'", "blind"),
        ("' union select 1 from information_schema.tables", "catalogue"),
        ("' order by 9 --", "clause"),
        ("1 and (select count(*) from users) > 1", "tautology"),
        ("select email, password_hash from users", "query"),
    ],
)
def test_an_attack_is_of_its_family(text, family):
    assert family_of(text) == family


@pytest.mark.parametrize(
    "text",
    [
        "%27%20or%201=1--",
        "%2527 or 1=1--",
        "&#39; or 1=1--",
        "\\u0027 or 1=1--",
        "＇ or 1=1--",
        "ʼ or 1=1--",
        "un/**/ion select 1",
    ],
)
def test_an_attack_is_known_in_what_it_was_wrapped_in(text):
    text = text.replace("un/**/ion", "' un/**/ion")
    assert family_of(text)


def test_an_attack_within_a_long_text_is_found():
    assert family_of("A fund of funds. " * 60 + "' or 1=1--") == "tautology"


def test_half_a_statement_of_prose_is_no_attack_and_the_whole_one_is():
    assert not family_of("update model; set of weights")
    assert family_of("x; update model set weights = 1 where id = 2")
