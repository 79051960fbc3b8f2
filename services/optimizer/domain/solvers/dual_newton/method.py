"""What the compiled half and the plain one agree on: kinds of cost, ends of a solve, and the method's few numbers.

The compiled half keeps these numbers in its cache: see `loops`.
"""

from __future__ import annotations

PLAIN, LINEAR, IMPACT, TWO_KINKS = 0, 1, 2, 3
"""Kinds of cost, each with a loop of its own: none; a kink at w₀; a 3/2 power on top; a second kink at 0 as well."""

CONVERGED, OUT_OF_STEPS, STALLED, EMPTY = 0, 1, 2, 3
"""Ends of a solve. EMPTY: the dual exceeds what any weights in the box could cost, so that none is admissible."""

TOLERANCE = 1e-11
"""Of the dual's gradient, in weights: how far a row may be off its limit, in units of its largest coefficient."""

MOST_STEPS = 300

EPSILON = 2.0**-52

# The search along a step ends where the slope has fallen to these parts of what it was, past the maximum and before it.
FLAT, STEEP = 0.3, 0.5
# Of what the slope promises, a step must bring this; values are known to this part of what they are summed from.
LEAST_GAIN, SLACK = 1e-4, 1e-14
LONGEST_STEP, GROWTH = 1e5, 3.0
MOST_LOOKS, FEWER_LOOKS = 40, 20
# A pivot below this part of its diagonal belongs to a row that depends on those before it: it does not move.
DEPENDENT = 1e-14
# Free assets and prices that are fewer than this part of the factors make for a smaller system than those.
FEW = 0.7
# Damping of prices, in units of what one free asset would add to the diagonal.
MOST_DAMPING, LEAST_DAMPING, LEAST_LIFT = 1e-2, 1e-9, 1e-10
# Of the mean diagonal: what rounding leaves of a dependent row, and a little more.
ROUNDED = 1e-12
# After so many steps: an empty set is suspected; a walk of tiny steps is damped.
SUSPICION, IMPATIENCE, TINY_STEP = 6, 20, 1e-4
# Steps without progress before a solve is given up.
PATIENCE = 8
# Every so many steps, the way since the last time is tried as a direction.
TREND = 10
# A gap of this part of what the value is summed from is none.
NO_GAP = 1e-13
# A price that is guessed lets its row be off by this part of its limit, and is tried so often at most.
NEAR, MOST_GUESSES = 5e-2, 12
# Programs until the one behind a ratio must be found; the last one's distance from it, squared, times this is how
# exactly the next one is solved. Where nothing is gained, the aversion falls by this factor.
MOST_TRIES, ROUGH, BOLDER = 30, 0.3, 4.0
RISE = 1.25
"""Of the aversion with the ratio that it is too small by, as a power: what is tried where nothing is known yet."""
# So many residuals from one, a ratio is surely on its side of it.
SURE = 100.0
# The aversion moves by this factor at most, but to where two points say.
FARTHEST = 64.0
