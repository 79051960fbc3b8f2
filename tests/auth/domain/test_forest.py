"""The forest scores as scikit-learn does, is read only if its paths end, and tells a thief from people."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from services.auth.adapters.training import trained
from services.auth.domain.forest import NoForest, identity, read, written
from services.auth.domain.security import Policy, Scored, is_anomaly
from services.auth.domain.usage import FEATURES, features
from tests.auth.habits import START, people, thief

PEOPLE = people()
POINTS = np.array([features(usage) for usage in PEOPLE])


@pytest.fixture(scope="module")
def learned():
    return trained(POINTS, FEATURES, seed=3)


@pytest.fixture(scope="module")
def forest(learned):
    return learned[0]


def test_the_scores_are_the_librarys_to_the_last_digits(forest, learned):
    ordered = POINTS[np.lexsort(POINTS.T[::-1])]
    model = IsolationForest(n_estimators=100, contamination=0.1, random_state=3).fit(ordered)
    strange = np.array([features(usage) for usage in thief("t")] + [np.full(len(FEATURES), 1e9)])
    points = np.concatenate([POINTS[::20], strange])
    ours = np.array([forest.score(point) for point in points.tolist()])
    assert np.abs(ours + model.score_samples(points)).max() < 1e-12
    theirs = model.predict(points) == -1
    assert [forest.is_unusual(score) for score in ours] == theirs.tolist()
    assert learned[1]["error"] < 1e-12


def test_a_tenth_of_its_own_history_is_unusual_by_construction(learned):
    assert abs(learned[1]["contamination"] - 0.1) < 0.005


def test_the_same_points_in_any_order_give_the_same_forest(forest):
    again, _ = trained(POINTS[::-1], FEATURES, seed=3)
    assert identity(written(again)) == identity(written(forest))


def test_what_is_written_is_read_again(forest):
    assert read(written(forest)) == forest


def changed(forest, **parts):
    """With another first tree."""
    return written(replace(forest, trees=(replace(forest.trees[0], **parts), *forest.trees[1:])))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\x80\x05cos\nsystem\n", b'{"form":2}', b"null\nnull"])
def test_what_is_no_forest_is_refused(content):
    with pytest.raises(NoForest):
        read(content)


def test_a_forest_in_which_a_path_would_never_end_is_refused(forest):
    first = forest.trees[0]
    for parts in (
        {"left": [0, *first.left[1:]]},
        {"right": [10**6, *first.right[1:]]},
        {"features": [len(FEATURES), *first.features[1:]]},
        {"features": [-2, *first.features[1:]]},
        {"sizes": [0] * len(first.sizes)},
        {"thresholds": list(first.thresholds)[1:]},
    ):
        with pytest.raises(NoForest):
            read(changed(forest, **parts))


def test_a_number_that_is_none_is_refused(forest):
    lines = written(forest).split(b"\n")
    whole = json.loads(lines[0]) | {"offset": float("inf")}
    with pytest.raises(NoForest):
        read(b"\n".join([json.dumps(whole).encode(), *lines[1:]]))


def alarmed(forest, usages, policy):
    """The users of whom there is an alarm."""
    minutes, found = defaultdict(list), set()
    for usage in usages:
        score = forest.score(features(usage))
        recent = [(at, one) for at, one in minutes[usage.user_id] if usage.minute - at < timedelta(hours=1)]
        minutes[usage.user_id] = [(usage.minute, Scored(usage.calls, score, forest.is_unusual(score))), *recent]
        if is_anomaly(policy, [one for _, one in minutes[usage.user_id]]):
            found.add(usage.user_id)
    return found


def test_one_who_takes_everything_by_night_is_alarmed_about_and_people_are_not(forest):
    # Others than those it was trained on, and weeks later.
    others = people(seed=99, count=100, days=10, start=START + timedelta(days=21), name="other")
    thieves = [f"thief-{number}" for number in range(50)]
    stolen = [usage for number, name in enumerate(thieves) for usage in thief(name, seed=number)]
    assert alarmed(forest, others, Policy()) == set()
    assert alarmed(forest, stolen, Policy()) == set(thieves)


def test_a_thief_who_stops_before_the_minutes_that_the_policy_asks_for_goes_unnoticed(forest):
    assert alarmed(forest, thief("quick", minutes=2), Policy()) == set()
    assert alarmed(forest, thief("quick", minutes=2), Policy(consecutive_minutes=2)) == {"quick"}


def test_the_policy_asks_for_calls_score_and_minutes():
    strange = [Scored(50, 0.7, unusual=True)] * 3
    assert is_anomaly(Policy(), strange)
    assert not is_anomaly(Policy(), strange[:2])
    assert not is_anomaly(Policy(least_calls=51), strange)
    assert not is_anomaly(Policy(anomaly_score=0.71), strange)
    assert not is_anomaly(Policy(), [Scored(50, 0.7, unusual=False), *strange[:2]])
