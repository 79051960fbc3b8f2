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
