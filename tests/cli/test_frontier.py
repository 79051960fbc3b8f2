from matplotlib.image import imread


def test_the_frontier_is_shown_with_its_landmarks(me):
    said = me("frontier", "--dataset", "mine")
    assert "minimum variance" in said.out
    assert "best Sharpe" in said.out


def test_the_frontier_is_drawn(me, home):
    assert me("frontier", "--dataset", "mine", "--png", "out/frontier.png").code == 0
    picture = imread(home / "out" / "frontier.png")
    assert picture.shape[:2] == (1056, 1600)
    assert picture[..., :3].min() < 0.5  # there is ink on it


def test_every_point_stands_in_the_json(me):
    assert len(me("frontier", "--dataset", "mine", "--points", "17", "-o", "json").json["points"]) == 17


def test_another_measure_of_risk_stands_beside_the_volatility(me):
    assert "risk" not in me("frontier", "--dataset", "mine").out
    said = me("frontier", "--dataset", "mine", "--risk-measure", "cvar", "--cvar-confidence", "0.99")
    assert said.code == 0
    assert "risk" in said.out


def test_a_confidence_of_nothing_is_a_usage_error(me):
    said = me("frontier", "--dataset", "mine", "--cvar-confidence", "0.99")
    assert said.code == 2
    assert "--max-cvar" in said.err
