"""How a text is read: what becomes of things that move, in which order, and what is left of words nobody knows."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.marketdata.domain.alternative.reading import (
    ASKED,
    CONCEDED,
    IMPROVED,
    LED,
    NEGATION,
    OUTDONE,
    READING,
    WORSENED,
    clauses,
    joined,
)
from services.marketdata.domain.alternative.vocabulary import BASES, TERMS, Kind

FLIPPED = {IMPROVED: WORSENED, WORSENED: IMPROVED}


def written(*kinds):
    """All forms of the vocabulary's terms of some kinds."""
    return [form for form, base in BASES.items() if base in TERMS and TERMS[base].kind in kinds]


def term(form):
    return TERMS[BASES[form]]


ALL_THINGS, MEASURES, MOVES = written(Kind.THING), written(Kind.MEASURE), written(Kind.MOVE)
THINGS = [thing for thing in ALL_THINGS if term(thing).sign]
things, moves, measures = st.sampled_from(THINGS), st.sampled_from(MOVES), st.sampled_from(MEASURES)
strangers = st.from_regex(r"[a-z]{2,8}", fullmatch=True).filter(lambda word: word not in BASES)


def text_of(*parts):
    """What is written of terms that do not happen to make a phrase together."""
    text = " ".join(parts)
    assume([item.word for item in joined(text.split())] == [BASES.get(part, part) for part in parts])
    return text.replace("#", "5")


def said(text):
    return [word for clause in clauses(text) for word in clause.words]


def become(thing, move):
    return IMPROVED if term(thing).sign * term(move).sign > 0 else WORSENED


@given(st.lists(strangers))
def test_words_that_nobody_knows_are_kept_in_order_and_say_nothing(words):
    assert said(" ".join(words)) == words
    assert not READING.keys() & words


@given(st.lists(st.one_of(strangers, st.sampled_from(sorted(BASES)), st.sampled_from([",", "#", "apple"]))))
def test_joining_loses_and_invents_no_word(texts):
    words = " ".join(texts).split()
    found = " ".join(item.word for item in joined(words)).split()
    assert [BASES.get(word, word) for word in found] == [BASES.get(word, word) for word in words]


@pytest.mark.parametrize("kind", Kind)
def test_every_phrase_of_the_vocabulary_is_found_as_one_word(kind):
    phrases = [each for each in TERMS if " " in each and TERMS[each].kind is kind]
    assert [[item.word for item in joined(phrase.split())] for phrase in phrases] == [[phrase] for phrase in phrases]


@given(things, moves)
def test_what_a_move_says_is_its_direction_times_the_sign_of_what_moves(thing, move):
    assert said(text_of(thing, move)) == said(text_of(move, thing)) == [become(thing, move)]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("costs fell", IMPROVED),
        ("costs rose", WORSENED),
        ("revenue rose", IMPROVED),
        ("revenue fell", WORSENED),
        ("loss narrowed", IMPROVED),
        ("losses widened", WORSENED),
        ("its upgrade was withdrawn", WORSENED),
        ("cost growth slowed", IMPROVED),
        ("sanctions on steel are lifted", IMPROVED),
    ],
)
def test_moves_meet_their_things(text, outcome):
    assert [word for word in said(text) if word in READING] == [outcome]


@given(st.sampled_from([thing for thing in ALL_THINGS if thing not in THINGS]), moves)
def test_a_move_of_what_is_neither_good_nor_bad_says_nothing(thing, move):
    assert said(text_of(thing, move)) == []


@given(things, measures, moves)
def test_what_is_said_of_a_thing_moves_as_the_thing_does(thing, measure, move):
    assert said(text_of(thing, measure, move)) == [become(thing, move)]


@given(things, st.sampled_from(written(Kind.LIFT)))
def test_lifting_raises_a_quantity_and_relieves_of_an_event(thing, lift):
    event = term(thing).polarity != 0
    assert said(text_of(thing, lift)) == [IMPROVED if event else become(thing, lift)]


@given(things, st.sampled_from(written(Kind.NO)))
def test_to_have_no_more_of_a_thing_is_a_move_down(thing, no):
    assert said(text_of(no, thing)) == [become(thing, "down")]


@given(things, moves)
def test_a_negation_stands_before_what_it_turns(thing, move):
    assert said(text_of(thing, "not", move)) == [NEGATION, become(thing, move)]
    assert said(text_of("not", move, thing)) == [NEGATION, become(thing, move)]


@given(things, moves, st.sampled_from(written(Kind.FLIP)))
def test_what_moves_less_than_was_thought_says_the_opposite(thing, move, less):
    assert said(text_of(thing, move, less)) == [FLIPPED[become(thing, move)]]


@given(
    st.lists(st.tuples(things, moves), min_size=1, max_size=5),
    st.lists(st.sampled_from([". ", "; ", ", ", "! ", " and ", " but ", " after "]), min_size=5, max_size=5),
)
def test_clauses_come_in_the_order_of_the_text(statements, between):
    texts = [text_of(*statement) for statement in statements]
    text = "".join(text + mark for text, mark in zip(texts, between, strict=False))
    assert [word for word in said(text) if word != "!"] == [become(*statement) for statement in statements]


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("revenue rose and costs rose", [1, 1]),
        ("revenue rose but costs rose", [OUTDONE, 1]),
        ("revenue rose despite costs rising", [1, CONCEDED]),
        ("revenue rose after costs fell", [1, LED]),
        ("revenue rose. did costs rise?", [1, ASKED]),
    ],
)
def test_what_is_outdone_conceded_or_asked_counts_less(text, weights):
    assert [clause.weight for clause in clauses(text)] == weights


@given(st.text())
def test_every_clause_of_any_text_says_something_and_counts(text):
    assert all(clause.words and 0 < clause.weight <= 1 for clause in clauses(text))
