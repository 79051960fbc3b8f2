"""Forms of words that no rule makes: the base form first."""

IRREGULAR = """
    rise rose risen, fall fell fallen, beat beaten, cut cutting, lose lost, win won, grow grew grown, sink sank sunk,
    shrink shrank shrunk, hit hitting, break broke broken, withdraw withdrew withdrawn, pay paid, buy bought, sell sold,
    quit quitting, sue suing, lie lying, bleed bled, slide slid, leap leapt, freeze froze frozen, overcome overcame,
    mislead misled, blow blew blown, throw threw thrown, go goes went gone going, shut shutting, take took taken,
    get got getting gotten, give gave given, make made, hold held, lay laid, be is are was were been being am,
    do does did done, leave left, keep kept, steal stole stolen, dive dove, shed shedding, come came, strike struck,
    swing swung, feel felt, eat ate eaten, undercut undercutting, rebuild rebuilt, repay repaid, become became,
    defer deferred deferring, cancel cancelled cancelling, deter deterred deterring, omit omitted omitting, meet met,
    draw drew drawn, put putting, bear bore borne, have has had having, incur incurred incurring, run ran running,
    stand stood, say said, speed sped, scrap scrapped scrapping, strip stripped stripping
"""
