"""Labels beside points, put where they cover neither each other nor the points nor a curve."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patheffects import Normal, Stroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

Point = tuple[float, float]
_SIDES = (
    (1.0, 0.0, "left", "center"),
    (-1.0, 0.0, "right", "center"),
    (0.0, 1.0, "center", "bottom"),
    (0.0, -1.0, "center", "top"),
    (0.8, 0.8, "left", "bottom"),
    (0.8, -0.8, "left", "top"),
    (-0.8, 0.8, "right", "bottom"),
    (-0.8, -0.8, "right", "top"),
)
_RADII = (1.0, 2.0, 3.2, 5.0, 8.0)
_TEXT = 100  # how much worse it is to cover a word than a dot
_MARK = 3.0  # points of 1/72 inch
_HALO = [Stroke(linewidth=2.5, foreground="white"), Normal()]


def place(
    axes: Axes,
    names: Sequence[str],
    points: Sequence[Point],
    *,
    avoid: Iterable[Point] = (),
    gap: float = 5.0,
    style: Mapping[str, Any],
) -> None:
    """Writes each name beside its point at the first side that is free, or at the least crowded one.

    `avoid` are further points, in data units, that labels should not cover; `gap` is the least distance from a
    point to its label in points of 1/72 inch. Labels that stand already are respected.
    """
    canvas = axes.figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)  # noqa: S101 - the picture sets it
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    dots = [_dot(axes, point) for point in [*points, *avoid]]
    words = [text.get_window_extent(renderer) for text in axes.texts]
    for name, point in zip(names, points, strict=True):
        choices: list[tuple[int, int, Annotation, Bbox]] = []
        for radius, (dx, dy, ha, va) in product(_RADII, _SIDES):
            offset = (gap * radius * dx, gap * radius * dy)
            text = axes.annotate(name, point, offset, textcoords="offset points", ha=ha, va=va, **style)
            text.set_path_effects(_HALO)
            box = text.get_window_extent(renderer).padded(1.0)
            crowd = sum(box.overlaps(dot) for dot in dots) + _TEXT * sum(box.overlaps(word) for word in words)
            choices.append((crowd, len(choices), text, box))
            if choices[-1][0] == 0:
                break
        best = min(choices, key=lambda choice: choice[:2])
        for choice in choices:
            if choice is not best:
                choice[2].remove()
        words.append(best[3])


def _dot(axes: Axes, point: Point) -> Bbox:
    """The pixels around a point that belong to its mark."""
    radius = _MARK * axes.figure.dpi / 72
    x, y = axes.transData.transform(point)
    return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)
