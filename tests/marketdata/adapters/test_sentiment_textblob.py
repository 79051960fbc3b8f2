"""Whether what is scored good is good, and that nothing in a text can stop it being scored."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.adapters.sentiment_textblob import MAX_CHARACTERS, TextBlobScorer
from services.marketdata.domain.alternative.reading import clauses
from services.marketdata.domain.alternative.sentiment import Evidence, Label, Sentiment
from services.marketdata.domain.alternative.vocabulary import POLARITY, TERMS, Kind
from tests.marketdata.sentiment_accuracy import measured, rows

SCORER = TextBlobScorer()


def label(text):
    return SCORER.score(text).label


@pytest.fixture(scope="module")
def accuracies():
    return measured()


def test_three_in_four_sentences_that_nobody_tuned_for_are_labelled_right(accuracies, capsys):
    with capsys.disabled():
        print("\n[sentiment] " + ", ".join(f"{name} {value:.3f}" for name, value in accuracies.items()))
    assert len(rows()) >= 200
    assert accuracies["accuracy_held_out"] >= 0.76
    assert accuracies["accuracy_all"] >= 0.86


def test_a_general_lexicon_alone_is_wrong_more_often(accuracies):
    assert accuracies["accuracy_plain_textblob"] <= accuracies["accuracy_all"] - 0.2
    assert accuracies["accuracy_plain_textblob_held_out"] <= accuracies["accuracy_held_out"] - 0.2


GOOD_THINGS = ["revenue", "profit", "sales", "margins", "demand", "free cash flow", "market share", "guidance"]
BAD_THINGS = ["costs", "debt", "expenses", "churn", "bad loans", "default risk", "attrition", "borrowings"]
RISES = ["rose", "climbed", "increased", "surged", "jumped", "soared", "widened"]
FALLS = ["fell", "dropped", "declined", "shrank", "plunged", "decreased", "narrowed"]


@given(st.sampled_from(GOOD_THINGS), st.sampled_from(BAD_THINGS), st.sampled_from(RISES), st.sampled_from(FALLS))
def test_whether_a_move_is_good_depends_on_what_moves(good, bad, rose, fell):
    assert label(f"The {good} {rose} last year") is label(f"The {bad} {fell} last year") is Label.POSITIVE
    assert label(f"The {good} {fell} last year") is label(f"The {bad} {rose} last year") is Label.NEGATIVE


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("losses narrowed", "losses widened"),
        ("it cut costs", "it cut its dividend"),
        ("a ban was lifted", "a ban was imposed"),
        ("regulators dropped the probe", "regulators opened a probe"),
        ("sales fell less than feared", "sales rose less than expected"),
        ("bears are getting wrecked", "bulls are getting wrecked"),
        ("it reduced rising costs", "rising sales slowed"),
        ("the shares fell, but profit beat estimates", "profit beat estimates, but the shares fell"),
        ("shares rose despite weak sales", "shares fell despite strong sales"),
        ("it is profitable", "it is not profitable"),
        ("no layoffs", "no growth"),
        ("a strong quarter", "it failed to impress"),
        ("$AAPL 🚀", "$AAPL 📉"),
    ],
)
def test_one_word_turns_what_a_sentence_says(good, bad):
    assert label(good) is Label.POSITIVE
    assert label(bad) is Label.NEGATIVE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "The annual meeting is in May",
        "Crude and capital are liabilities of a mine, gross of tax",
        "There were 930 million shares outstanding",
        "The stock of Best Buy is traded in New York",
    ],
)
def test_what_says_nothing_is_neutral_and_scored_zero(text):
    assert SCORER.score(text).score == 0
    assert SCORER.score(text).confidence == 0


def test_a_question_says_less_than_a_claim():
    assert -0.15 < SCORER.score("Are sales falling?").score < 0
    assert SCORER.score("Sales are falling.").score < -0.3


def test_an_adverb_strengthens_and_a_negation_turns():
    assert SCORER.score("a very good result").score > SCORER.score("a good result").score > 0
    assert SCORER.score("not a good result").score < 0


@given(st.text())
def test_any_text_has_a_score_and_a_confidence(text):
    sentiment = SCORER.score(text)
    assert -1 <= sentiment.score <= 1
    assert 0 <= sentiment.confidence <= 1
    assert sentiment == TextBlobScorer.score(SCORER, text)


@given(
    st.lists(st.sampled_from([*POLARITY, "not", "but", "despite", "?", ".", ",", "Apple", "good", "very"]), max_size=60)
)
def test_any_order_of_the_vocabularys_words_has_a_score(words):
    assert -1 <= SCORER.score(" ".join(words)).score <= 1


@pytest.mark.parametrize(
    "text", ["\x00\x1b[31m\r\n\ud800", "😀" * 500, "a" * 10**6, "n't " * 10**5, "' " * 10**5, "\u202e"]
)
def test_odd_texts_are_scored(text):
    assert SCORER.score(text).label is Label.NEUTRAL


def test_what_stands_behind_the_limit_is_not_read():
    assert SCORER.score(" " * MAX_CHARACTERS + "profit soared").score == 0


def test_threads_that_meet_at_the_first_text_agree():
    scorer, scores = TextBlobScorer(), []
    threads = [
        threading.Thread(target=lambda: scores.append(scorer.score("Profit soared, but costs climbed")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(scores) == 8
    assert len(set(scores)) == 1


def test_others_who_use_textblob_in_the_process_do_not_notice_us():
    from textblob import TextBlob
    from textblob.en import sentiment

    before = TextBlob("crude but great").sentiment
    words = dict(dict.items(sentiment))
    TextBlobScorer().score("crude but great, profit soared")
    assert dict(dict.items(sentiment)) == words
    assert "soar" not in sentiment
    assert TextBlob("crude but great").sentiment == before


def test_textblob_is_not_imported_before_a_text_is_scored():
    check = "import sys, services.marketdata.adapters.sentiment_textblob as s; s.TextBlobScorer(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout.split()
    assert not {"textblob", "nltk"} & set(loaded)


@pytest.mark.parametrize(
    "unit",
    ["end lawsuit ", "bad but ", "revenue ", "rise ", "not ", "fail ", "$A ", "less than expected ", "A.", "1.", "' "],
)
@pytest.mark.timeout(30)  # what reads a text over and over for each of its words would take hours
def test_a_hostile_text_is_read_once(unit):
    assert -1 <= SCORER.score(unit * 2000).score <= 1


def test_more_that_agrees_makes_surer_and_what_contradicts_less_sure():
    one, two = (Sentiment.of([Evidence(0.5, 1.0)] * count) for count in (1, 2))
    mixed = Sentiment.of([Evidence(0.5, 1.0), Evidence(-0.4, 1.0)])
    assert two.confidence > one.confidence > mixed.confidence > Sentiment.of([]).confidence == 0
    assert two.score > one.score > mixed.score > Sentiment.of([]).score == 0


def test_every_form_of_a_word_has_its_polarity():
    assert POLARITY["soars"] == POLARITY["soared"] == POLARITY["soaring"] == POLARITY["soar"] > 0
    assert POLARITY["fell"] == POLARITY["fallen"] == POLARITY["fall"] < 0
    assert all(-1 <= polarity <= 1 for polarity in POLARITY.values())


def test_a_phrase_is_one_word_of_a_clause():
    assert next(clauses("an all-time high, going concern")).words == ("all time high",)
    assert TERMS["going concern"].kind is Kind.THING
