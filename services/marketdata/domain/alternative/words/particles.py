"""Small words: those that turn what others say, and those that part a sentence."""

# They turn what follows ...
NOTS = (
    (0.0, "not, n't, cannot, cant, dont, doesnt, didnt, isnt, wasnt, arent, wont, never, no longer"),
    (0.0, "nobody, no one, none of, nothing, neither, nor, hardly, barely, anything but, no way"),
)
# ... and are moves down of the thing right behind them, too.
NOS = ((0.0, "no, no sign of, zero, without, lack, lack of, little, few"),)
# They take what is good behind them away.
FAILS = ((-0.5, "fail, fail to, unable to, struggle to, not enough to"),)
# They turn the move before them: "fell less than feared".
FLIPS = (
    (-0.4, "less than expect, less than forecast, less than estimate"),
    (-0.4, "less than anticipate, less than hope, less than plan"),
    (0.4, "less than fear"),
)
# They part things that are not of one another, and no more.
SMALLS = (
    (0.0, "a, an, the, its, it, of, to, in, into, at, over, be, their"),
    (0.0, "his, her, our, my, this, that, these, those, have, would, will"),
)
# Moves and things do not meet across them.
STOPS = (
    (0.0, "as, while, and, before, when, because, since, than, where, who, which, so, or, if, until, via"),
    (0.0, "versus, vs, thanks to, due to, through, during, say, force, push, send, drive, allow, let, leave"),
)
# Moves and things meet across them where they must: "sanctions on steel are lifted".
SOFTS = ((0.0, "on, by, with, from, for, against"),)
# They begin what led to the rest.
AFTERS = ((0.0, "after, following, amid"),)
# They end what counts less ...
BUTS = ((0.0, "but, yet, however, still, nevertheless, instead, now, finally"),)
# ... or begin it.
DESPITES = (
    (0.0, "despite, in spite of, notwithstanding, regardless of, although, though, even though, even as, even after"),
)
