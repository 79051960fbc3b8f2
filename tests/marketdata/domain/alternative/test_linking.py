"""Which instruments a text speaks of, however it calls them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.alternative.linking import ORDINARY, Linker, Named

LISTED = {
    "AAPL": "Apple Inc.",
    "T": "AT&T Inc.",
    "BRK.B": "Berkshire Hathaway Inc. Class B",
    "GAP": "Gap, Inc. (The)",
    "JNJ": "Johnson & Johnson",
    "JCI": "Johnson Controls International plc",
    "JHN": "Johnson Ltd",
    "ONON": "On Holding AG",
    "NVDA": "NVIDIA Corporation",
    "AMZN": "Amazon.com, Inc.",
    "F": "Ford Motor Company",
    "EBAY": "eBay Inc.",
    "MCD": "McDonald's Corporation",
    "OR": "L'Oréal S.A.",
    "KO": "Coca-Cola Company (The)",
    "GS": "Goldman Sachs Group, Inc. (The)",
    "GOOG": "Alphabet Inc. Class C",
    "GOOGL": "Alphabet Inc. Class A",
    "MMM": "3M Company",
    "TIF": "Tiffany & Co.",
    "ASML": "ASML Holding N.V.",
    "HPQ": "HP Inc.",
    "HP": "Helmerich & Payne, Inc.",
    "TGT": "Target Corporation",
    "IT": "Gartner, Inc.",
    "CEO": "",
    "7203": "",
    "XX": ".* (a+)+ [",
}
LINKER = Linker.of([Named(symbol, name) for symbol, name in LISTED.items()])


def linked(text):
    return sorted(LINKER.links(text))


@pytest.mark.parametrize(
    "text", ["$AAPL", "$aapl to the moon", "Long $AAPL.", "($AAPL)", "$AAPL-led rally", "x,$Aapl's"]
)
def test_a_symbol_behind_a_dollar_sign_links_in_any_case(text):
    assert linked(text) == ["AAPL"]


@pytest.mark.parametrize("text", ["$AAPLX", "US$AAPL", "$$AAPL", "$ AAPLE", "a$aapl", "$7203 a month"])
def test_a_dollar_sign_that_is_not_a_symbols_links_nothing(text):
    assert linked(text) == []


@pytest.mark.parametrize("text", ["$BRK.B", "$brk-b", "$BRK/B and more", "BRK.B fell", "(NYSE: BRK.B)"])
def test_a_share_class_is_written_with_a_dot_a_dash_or_a_slash(text):
    assert linked(text) == ["BRK.B"]


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("(NYSE: T)", "T"),
        ("NYSE:T", "T"),
        ("(NasdaqGS: AAPL)", "AAPL"),
        ("Gartner's rival (NYSE: CEO)", "CEO"),
        ("(TYO: 7203)", "7203"),
    ],
)
def test_an_exchange_before_a_symbol_links_it_whatever_it_is(text, symbol):
    assert symbol in linked(text)


@pytest.mark.parametrize(
    "text", ["AAPL fell", "Is AAPL cheap?", "#AAPL again", "Buy AAPL, sell others", "AAPL.O down 2%"]
)
def test_a_bare_symbol_in_capitals_links(text):
    assert linked(text) == ["AAPL"]


@pytest.mark.parametrize(
    "text", ["aapl fell", "Aapl fell", "AAPLS fell", "by @AAPL", "T fell", "A T-shirt", "AT the end"]
)
def test_a_bare_symbol_does_not_link_in_small_letters_inside_words_or_as_one_letter(text):
    assert linked(text) == []


@pytest.mark.parametrize("text", ["The CEO left", "IT spending rose", "I want IT", "Mind the GAP there", "HP-OR-not"])
def test_a_symbol_that_is_a_word_or_an_abbreviation_does_not_link_bare(text):
    assert not {"CEO", "IT", "GAP", "OR"} & set(linked(text))


@given(st.sampled_from(sorted(ORDINARY)))
def test_ordinary_words_in_capitals_link_only_behind_a_dollar_sign(word):
    linker = Linker.of([Named(word, "")])
    assert linker.links(f"they say {word} is right") == frozenset()
    assert linker.links(f"they say ${word} is right") == {word}


def test_a_text_that_shouts_links_no_bare_symbol():
    assert linked("AAPL IS GOING UP") == []
    assert linked("$AAPL IS GOING UP") == ["AAPL"]


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Apple rose", ["AAPL"]),
        ("Shares of Ford fell", ["F"]),
        ("Gap and Target cut prices", ["GAP", "TGT"]),
        ("Goldman Sachs upgrades Coca-Cola", ["GS", "KO"]),
        ("Amazon and Amazon.com", ["AMZN"]),
        ("AT&T raises prices", ["T"]),
        ("3M settles", ["MMM"]),
        ("Tiffany glitters", ["TIF"]),
        ("ASML ships", ["ASML"]),
        ("Alphabet reports", ["GOOG", "GOOGL"]),
        ("NVIDIA, or Nvidia", ["NVDA"]),
        ("eBay. EBay", ["EBAY"]),
        ("McDonald's menu", ["MCD"]),
        ("HP makes printers", ["HPQ"]),
    ],
)
def test_a_name_links_without_its_legal_form(text, symbols):
    assert linked(text) == symbols


@pytest.mark.parametrize("text", ["Apple's phones", "Apple’s phones", "the Apples' - no, Apple's"])
def test_a_name_may_own_something(text):
    assert linked(text) == ["AAPL"]


@pytest.mark.parametrize(
    "text", ["an apple a day", "mind the gap", "a target", "Pineapple", "Apples", "Fordham", "On Friday"]
)
def test_a_name_that_is_a_word_links_only_as_it_is_written(text):
    assert linked(text) == []


def test_the_longest_of_names_that_contain_one_another_wins():
    assert linked("Johnson spoke") == ["JHN"]
    assert linked("Johnson Controls spoke") == ["JCI"]
    assert linked("Johnson & Johnson spoke") == ["JNJ"]
    assert linked("Johnson Controls and Johnson spoke") == ["JCI", "JHN"]


def test_a_name_that_begins_any_sentence_needs_its_legal_form():
    assert linked("On Holding jumps") == ["ONON"]


def test_a_name_of_letters_with_accents_links_however_these_are_composed():
    for form in ("NFC", "NFD"):
        assert linked(unicodedata.normalize(form, "Parfum von L'Oréal läuft")) == ["OR"]
    assert Linker.of([Named("X", unicodedata.normalize("NFD", "Škoda a.s."))]).links("Škoda roste") == {"X"}


def test_a_name_is_no_regular_expression():
    assert linked("anything aaaaaaaa [") == []
    assert linked("it says .* (a+)+ [ here") == []


def test_without_names_only_symbols_link():
    assert Linker.of([]).links("Apple $AAPL") == frozenset()
    assert Linker.of([Named("AAPL", "")]).links("Apple $AAPL") == {"AAPL"}


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_surrounds_a_cashtag_does_not_hide_it(before, after):
    assert "AAPL" in LINKER.links(f"{before} $AAPL {after}")


@given(st.text(max_size=200), st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=30)), max_size=5))
def test_no_text_links_what_is_not_listed(text, named):
    linker = Linker.of([Named(*each) for each in named])
    assert linker.links(text) <= {symbol for symbol, _ in named}


@given(
    st.lists(
        st.sampled_from(["Apple", "$AAPL", "Ford", "T", "x", "(NYSE: T)", "AT&T", "Johnson", "Controls", "&", "IT"])
    )
)
def test_a_text_links_no_less_than_its_parts_apart(words):
    apart = set().union(*(LINKER.links(word) for word in words if word != "Johnson"))
    assert apart <= LINKER.links(" . ".join(words))


FIVE_HUNDRED = Linker.of([Named(f"QQ{i:03d}", f"Company{i:03d} Number {i % 7} Inc.") for i in range(500)])


def test_of_five_hundred_instruments_those_that_a_long_text_names_are_found():
    text = " ".join(f"Company{i:03d} Number {i % 7} beats $QQ{i:03d};" for i in range(80))[:2000]
    assert len(FIVE_HUNDRED.links(text)) > 40


@pytest.mark.parametrize(
    "unit",
    ["A", "$", "A.", "A-", "$A", "NYSE ", "NYSE:", "e\u0301", " ", "Company001 Number ", "(", "'s", "\u0000", "AB&"],
)
@pytest.mark.timeout(30)  # what looks back over a text for each of its characters would take hours
def test_a_hostile_text_is_read_once(unit):
    assert FIVE_HUNDRED.links((unit * 100_000)[:100_000]) <= {"QQ001"}
