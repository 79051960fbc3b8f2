"""Directions: what becomes of the things that move. To end, dismiss or avert one is to lower it."""

UP = (
    # To grow
    (0.0, "widen, wider, swell, swell to, mount, pile up, spiral, balloon, build, multiply"),
    (0.0, "escalate, intensify, loom, gather pace, gather steam, faster, outstrip, through the roof"),
    (0.2, "grow, expand, broaden, double, triple, quadruple, quicken, uptick"),
    (0.2, "tick higher, edge higher, inch higher, up, pour in, flow in, flood in"),
    (0.3, "rise, climb, advance, increase, higher, edge up, tick up, inch up"),
    (0.3, "pick up, end higher, end # higher, accelerate, outpace, ripping, ripped"),
    (0.5, "soar, surge, skyrocket, rocket, jump, leap, spike, shoot up, pop, moon, up #"),
    # To recover
    (0.0, "resume, restart, renew, reinstate, bring back"),
    (0.2, "restore, revive, regain, recoup, reclaim"),
    (0.3, "recover, improve, bounce back, turn around, win back"),
    # To make more of
    (0.0, "add, extend, authorize, authorise, cause, spark, trigger, prompt, stoke"),
    (0.2, "raise, hike, speed up, ramp up, step up, beef up, build up, sweeten"),
    (0.3, "bolster, boost, strengthen, enhance"),
    # To get, and to report
    (0.0, "receive, obtain, attract, draw, retain, incur, face, generate, deliver"),
    (0.0, "notch, reach, pass, book, register, report, post, log, disclose, cite"),
    (0.2, "sign, boast, gain market share"),
    (0.5, "approve"),
    # Much
    (0.0, "high, big, bigger, biggest, large, larger, greater, deep, deeper, deepen"),
    (0.0, "steep, steeper, extra, additional, hefty, massive, above, more than expect"),
    (0.0, "more than forecast, more than anticipate, more than estimate"),
    (0.2, "record, highest"),
    (0.3, "new peak"),
    (0.5, "record high, all time high, new high, fresh high, week high, month high, year high, decade high"),
)

DOWN = (
    # To shrink
    (0.0, "narrow, narrower, trim, lower, reduce, halve, shed, slow, slower, come down, lighten"),
    (-0.2, "slip, dip, down, drop, cut, shrink, dwindle, diminish, soften, weaken, erode, sag, wobble"),
    (-0.2, "lag, decelerate, edge down, tick down, inch down, edge lower, end lower, end # lower"),
    (-0.3, "fall, decline, decrease, retreat, pull back, slash"),
    (-0.3, "scale back, squeeze, eat into, deplete, sputter, stall"),
    (-0.5, "plunge, plummet, tumble, crater, tank, nosedive, slide, sink, dive, free fall, freefall, gap down, down #"),
    # To go away
    (0.0, "ease, moderate, recede, subside, abate, dissipate, go away"),
    (-0.2, "fade, vanish, disappear, wane, ebb, cool"),
    (-0.3, "dry up, evaporate"),
    (-0.5, "collapse, implode, crumble, fall apart, fall through"),
    # To lose
    (-0.2, "drain, dent, erase, desert, in the gutter"),
    (-0.3, "lose, wipe out, strip, cede"),
    (-0.5, "destroy, decimate, wreck, cripple, nuke, trap, in shambles, be crush, get crush"),
    (-0.5, "get wreck, get destroy, get kill, get hammer, get burn, get play, get smoke"),
    # To end
    (0.0, "end, stop, eliminate, abolish, remove, exit, reverse, block, limit, deter, scare off, absorb"),
    (-0.2, "pause, pull, postpone, defer, shelve, ditch, shut, shutter, idle, curtail"),
    (-0.3, "halt, suspend, scrap, cancel, call off, withdraw, abandon, axe, walk away"),
    (-0.3, "freeze, revoke, discontinue, terminate, skip, omit, mothball, liquidate"),
    # To get in the way
    (-0.2, "temper, crimp"),
    (-0.3, "deny, dampen, hamper, thwart, impede, hinder"),
    # To decide against
    (0.0, "dismiss, dismissal, reject, refute, toss, throw out, quash, void, annul"),
    (0.0, "vacate, overturn, strike down, rescind, retract, rule out, baseless"),
    # To be rid of
    (0.3, "fix, resolve, solve"),
    (0.2, "overcome, shrug off, brush off, weather, patch up, pay off debt"),
    (0.0, "settle, repay, pay down, refinance, out of, free of, emerge from, contain"),
    (0.0, "calm, soothe, mitigate, allay, defuse, dispel, quell, mute, stem"),
    # To keep away
    (0.0, "escape, avert, prevent, dodge, sidestep, evade, stave off, fend off, ward off, head off"),
    (-0.2, "avoid"),
    # Little
    (0.0, "low, fewer, less, smaller, smallest, slim, below, short of"),
    (-0.2, "lowest, record low, all time low, new low, fresh low, week low, year low"),
    (-0.5, "month low, decade low"),
)

# Moves up of quantities, but ends of events: "outlook lifted", "ban lifted".
LIFT = (
    (0.2, "lift, clear, waive, relax"),
    (0.4, "clear of"),
)
