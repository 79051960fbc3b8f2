import math
from datetime import date
from io import StringIO

import pytest
from matplotlib.image import imread
from qpo.optimizer.v1.optimization_pb2 import FrontierPoint
from qpo.optimizer.v1.optimizer_service_pb2 import SolveFrontierResponse
from qpo.types.v1.matrix_pb2 import Doubles, Matrix
from qpo.types.v1.moments_pb2 import Moments
from rich.console import Console

from clients.cli.chosen import Chosen, promise
from clients.cli.plots import frontier_chart, history_chart
from clients.cli.plots.axes import Axes, ticks
from clients.cli.plots.bars import bar, move
from clients.cli.plots.canvas import Canvas
from clients.cli.plots.history import History
from clients.cli.plots.weights_png import draw

WIDTH = 80


def printed(renderable, **how):
    console = Console(file=StringIO(), width=WIDTH, **how)
    console.print(renderable)
    return console.file.getvalue()


def rows(canvas):
    return [line.plain for line in canvas.lines()]


def test_a_dot_stands_in_its_corner_of_the_cell():
    canvas = Canvas(2, 1)
    canvas.dot(0, 0)
    canvas.dot(3, 3)
    assert rows(canvas) == ["⠁⢀"]


def test_dots_of_a_cell_are_one_character():
    canvas = Canvas(1, 1)
    for x in range(2):
        for y in range(4):
            canvas.dot(x, y)
    assert rows(canvas) == ["⣿"]


def test_what_lies_outside_is_left_out():
    canvas = Canvas(2, 1)
    canvas.dot(-1, 0)
    canvas.dot(0, 4)
    canvas.write((1, 0), "name")
    assert rows(canvas) == [" n"]


def test_a_line_has_no_holes():
    canvas = Canvas(4, 4)
    canvas.line(((0, 0), (7, 15)))
    assert all(row.strip() for row in rows(canvas))


@pytest.mark.parametrize(
    ("within", "expected"), [((0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]), ((0.11, 0.3), [0.15, 0.2, 0.25, 0.3])]
)
def test_ticks_are_round_numbers_inside_the_range(within, expected):
    assert ticks(within, 5) == pytest.approx(expected)


def test_the_corners_of_the_data_are_the_corners_of_the_canvas():
    axes = Axes((1.0, 3.0), (-1.0, 1.0))
    assert axes.cell_of((1.0, 1.0)) == (0, 0)
    assert axes.cell_of((3.0, -1.0)) == (axes.canvas.columns - 1, axes.canvas.rows - 1)


def test_a_range_of_one_value_can_still_be_drawn():
    axes = Axes((1.0, 1.0), (2.0, 2.0))
    axes.mark((1.0, 2.0), "x")
    assert "x" in printed(axes.drawn(title="one point", below="x"))


@pytest.fixture
def frontier():
    points = [
        FrontierPoint(
            expected_return=0.1 + i / 100, volatility=0.15 + i * i / 2000, sharpe_ratio=0.5 + i / 100 - i * i / 900
        )
        for i in range(11)
    ]
    return SolveFrontierResponse(
        points=points, symbols=["AAPL", "JNJ"], asset_expected_returns=[0.25, 0.12], asset_volatilities=[0.3, 0.18]
    )


def test_the_frontier_fits_eighty_columns_and_names_its_signs(frontier):
    text = printed(frontier_chart.look(frontier, Chosen("Retirement", 0.2, 0.14)))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    for sign in ("★ best Sharpe", "● minimum variance", "◆ Retirement", "• AAPL", "20 %", "volatility"):
        assert sign in text
    assert text.count("★") >= 3  # in the chart, in the legend, in the table


def test_no_name_covers_another_sign(frontier):
    crowded = SolveFrontierResponse(points=frontier.points)
    for place in range(30):
        crowded.symbols.append(f"ASSET{place}")
        crowded.asset_expected_returns.append(0.1 + place / 1000)
        crowded.asset_volatilities.append(0.2 + place / 500)
    cells = Axes((0.0, 0.3), (0.1, 0.2))
    for name, x, y in zip(crowded.symbols, crowded.asset_volatilities, crowded.asset_expected_returns, strict=True):
        cells.mark((x, y), "•")
        cells.name((x, y), name)
    marks = {
        cells.cell_of(point) for point in zip(crowded.asset_volatilities, crowded.asset_expected_returns, strict=True)
    }
    assert sum(row.count("•") for row in rows(cells.canvas)) == len(marks)


def test_a_pipe_gets_no_colour(me):
    assert "\x1b" not in me("frontier", "--dataset", "mine").out


def test_a_portfolio_is_marked_where_its_weights_stand(me, portfolio):
    me("portfolio", "rebalance", portfolio["id"])
    said = me("frontier", portfolio["id"])
    assert said.code == 0, said.err
    assert "◆ Mine" in said.out


def test_a_portfolio_promises_what_its_weights_and_moments_say():
    moments = Moments(
        symbols=["A", "B"],
        expected_returns=[0.1, 0.2],
        dense=Matrix(rows=2, cols=2, doubles=Doubles(values=[0.04, 0.01, 0.01, 0.09])),
    )
    volatility, expected = promise(moments, {"A": 0.5, "B": 0.25})
    assert expected == pytest.approx(0.5 * 0.1 + 0.25 * 0.2)
    assert volatility == pytest.approx(math.sqrt(0.25 * 0.04 + 2 * 0.125 * 0.01 + 0.0625 * 0.09))


def test_bars_are_as_long_as_their_share_to_the_eighth():
    assert bar(1.0, 1.0, 8).plain == "████████"
    assert bar(0.5, 1.0, 8).plain == "████"
    assert bar(0.0625, 1.0, 8).plain == "▌"
    assert bar(-0.5, 1.0, 8).plain == "░░░░"
    assert bar(1e-9, 1.0, 8).plain == "▏"


def test_a_move_goes_from_before_to_after():
    assert move(0.0, 1.0, 0.0, 1.0, 5).plain == "○───●"
    assert move(1.0, 0.0, 0.0, 1.0, 5).plain == "●───○"
    assert move(0.5, 0.5, 0.0, 1.0, 5).plain == "  ●  "


def history(symbol, worth):
    return History(symbol, [date(2022, 1, day) for day in range(1, len(worth) + 1)], worth)


def test_a_drawdown_is_measured_from_the_highest_peak_before():
    assert history("A", [1.0, 2.0, 1.0, 3.0, 2.4]).drawdowns == pytest.approx([0, 0, -0.5, 0, -0.2])


def test_histories_fit_eighty_columns_and_are_told_apart_by_letters():
    text = printed(history_chart.chart([history("AAPL", [1.0, 1.2, 0.9]), history("JNJ", [1.0, 1.0, 1.1])]))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert "│ A │ AAPL" in text
    assert "-25.00 %" in text


def test_prices_are_drawn_in_the_terminal_and_to_a_file(me, home):
    said = me("prices", "plot", "mine", "--png", "out/history.png")
    assert said.code == 0, said.err
    assert "What 1 became" in said.out
    assert inked(home / "out" / "history.png")


def test_more_lines_than_an_eye_can_follow_are_refused():
    from qpo.marketdata.v1.marketdata_service_pb2 import GetReturnsResponse

    from clients.cli.plots.history import histories
    from clients.cli.problem import Problem

    with pytest.raises(Problem, match="too many"):
        histories(GetReturnsResponse(symbols=[f"S{i}" for i in range(7)]))


def inked(file):
    picture = imread(file)
    return picture.shape[1] == 1600 and picture[..., :3].min() < 0.5


@pytest.mark.parametrize(
    "line",
    [
        "optimize --dataset mine --png a.png",
        "optimize solve --dataset mine --png a.png",
        "optimize result {job} --png a.png",
        "portfolio rebalance {portfolio} --png a.png",
        "portfolio holdings {portfolio} --png a.png",
        "frontier --dataset mine --png a.png",
    ],
)
def test_every_picture_is_drawn(me, typed, home, line):
    said = me(*typed(line))
    assert said.code == 0, said.err
    assert "drawn to a.png" in said.err
    assert inked(home / "a.png")


def test_a_picture_of_many_weights_counts_those_it_leaves_out(tmp_path):
    weights = {f"S{i}": i / 1000 for i in range(60)} | {"SHORT": -0.5}
    draw(weights, tmp_path / "many.png", title="Many", subtitle="sixty", source_note="")
    assert imread(tmp_path / "many.png").shape[0] < 160 * 14


def test_a_portfolio_without_anything_is_drawn_as_that(tmp_path):
    draw({"cash": 0.0}, tmp_path / "empty.png", title="Empty", subtitle="nothing yet", source_note="")
    assert inked(tmp_path / "empty.png")


def test_short_positions_are_drawn_to_the_left(tmp_path):
    draw({"A": 1.2, "B": -0.2}, tmp_path / "short.png", title="Short", subtitle="", source_note="")
    assert inked(tmp_path / "short.png")
