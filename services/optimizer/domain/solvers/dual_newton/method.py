"""What the compiled half and the plain one agree on: which costs there are, and how a solve may end."""

from __future__ import annotations

PLAIN, LINEAR, IMPACT, TWO_KINKS = 0, 1, 2, 3
"""Kinds of cost, each with a loop of its own: none; a kink at w₀; a kink and a 3/2 power; a second kink at 0 as well."""

CONVERGED, OUT_OF_STEPS, STALLED, EMPTY = 0, 1, 2, 3
"""Ends of a solve. EMPTY: the dual exceeds what any weights in the box could cost, so that none is admissible."""

TOLERANCE = 1e-11
"""Of the dual's gradient, in weights: how far any row may be off its limit, in units of its largest coefficient."""

MOST_STEPS = 300

EPSILON = 2.0**-52
