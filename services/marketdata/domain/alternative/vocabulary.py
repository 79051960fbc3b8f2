"""How finance speaks: its words and phrases, what they do in a sentence, and what they say when they stand alone.

Most of what is reported is a quantity that moves: "costs fell" is good and "revenue fell" is bad, so neither word says
much alone. A thing has a sign, whether more of it is good, and a move has a direction; `sentiment` multiplies them. To
end, dismiss or avert something is a move as to lower it is. Words, also those of phrases, are listed in their base form
and known in all others; # stands for a number. The keys of the tables are what the words say alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType


class Kind(Enum):
    """What a word does in a sentence."""

    WORD = auto()  # good, bad or neither, whatever is near
    THING = auto()  # a quantity or an event
    MEASURE = auto()  # what is said of a thing ("cost growth", "sales forecast"); a thing where there is no other
    MOVE = auto()  # a direction
    LIFT = auto()  # a move up of a quantity, but the relief from an event: "outlook lifted", "ban lifted"
    NOT = auto()  # turns what follows
    NO = auto()  # turns what follows, and is a move down of the thing right behind it
    FAIL = auto()  # takes what is good behind it away
    FLIP = auto()  # turns the move before it: "fell less than feared"
    SMALL = auto()  # parts things that are not of one another, and no more
    STOP = auto()  # moves and things do not meet across it
    SOFT = auto()  # a move meets a thing across it where there is none on its side: "sanctions on steel are lifted"
    AFTER = auto()  # begins what led to it
    BUT = auto()  # ends what counts less
    DESPITE = auto()  # begins what counts less


@dataclass(frozen=True, slots=True)
class Term:
    """What a word or phrase says: a thing's or a move's sign, and the polarity that it has alone, -1 to 1."""

    kind: Kind
    sign: int
    polarity: float


# Things of which more is good.
_GOOD = {
    0.0: """revenue, sales, same store sales, comparable sales, like for like sales, turnover, profit, earnings,
        income, net income, net interest income, interest income, earnings per share, eps, margin, gross margin,
        ebitda, profitability, top line, bottom line, demand, delivery, shipment, order, order book, booking,
        backlog, output, production, productivity, cash, liquidity, cash flow, free cash flow, cash pile, dividend,
        payout, share, stock, equity, share price, stock price, stake, rating, credit rating, rent, occupancy,
        traffic, footfall, ridership, subscriber, subscription, user, customer, client, shopper, passenger, visitor,
        member, membership, audience, viewership, download, market share, market value, market cap, valuation,
        reserve, ratio, capital ratio, efficiency, receipts, hope, confidence, sentiment, momentum, appetite, job,
        hiring, return, asset, deposit, inflow, royalty, load factor, pipeline, pricing power, retention,
        visibility, economy, ad spending, advertiser, bonus, store, plant, factory, branch, refinery, credit line,
        capacity, savings, investor, holder, merger, staffing, return on equity, utilisation, utilization, licence,
        license, account, longs, patent, application, offer""",
    0.2: """contract, deal, agreement, takeover, bid, investment, financing, bull, catalyst, synergy,
        collaboration, launch, tax cut, stimulus, rescue, renewal, accord, licensing deal, discovery""",
    0.4: """buyback, buy back, share repurchase, stock repurchase, repurchase, premium, funding, recovery,
        tailwind, optimism, strength, resilience, upside, surplus, gain, partnership, alliance, expansion, reprieve,
        moat, victory, special dividend, insider buying, improvement, enthusiasm, tax break, debt relief, rate cut,
        cost savings, award, endorsement, safe haven, soft landing, strong demand, relief, lifeline, rescue deal,
        upswing, upturn, uplift, resurgence, revival, bonanza, green shoots, dominance, joint venture, tie up, multi
        year deal, truce, oversubscription, cost cut, cost reduction, debt reduction""",
    0.5: """approval, clearance, upgrade, breakthrough, takeover bid, takeover offer, buyout offer, buyout,
        rebound, turnaround, rally, comeback, boom, success, windfall, short squeeze, gamma squeeze, breakout,
        golden cross, bull run, bull market, investment grade, fast track, cash cow, cash machine, acquittal,
        outperformance""",
}
# Things of which more is bad.
_BAD = {
    0.0: """cost, expense, debt, leverage, borrowing, churn, attrition, vacancy, provision, loan loss provision,
        loss provision, unemployment, jobless claim, inflation, cash burn, burn, burn rate, overhead, competition,
        short interest, share count, exposure, wait time, claim, debt load, debt pile, leverage ratio, debt ratio,
        obligation, default risk, default rate, risk, staff turnover, employee turnover, emission, return rate,
        cancellation, shorts, short seller, bears, arrears, shrinkage, downtime""",
    -0.2: """charges, volatility, uncertainty, pressure, restriction, tariff, complaint, antitrust, resignation,
        departure, overhang, outflow, withdrawal, bear, tension, discounting, export control, price competition,
        speculation""",
    -0.4: """loss, bad loan, non performing loan, soured loan, bad debt, delinquency, charge off, impairment,
        impairment charge, restructuring charge, write down, writedown, write off, writeoff, deficit, shortage,
        disruption, outage, accident, injury, defect, dilution, setback, headwind, concern, fear, worry, doubt,
        trouble, problem, weakness, dispute, threat, penalty, fines, hefty fine, # fine, record fine, verdict,
        sanction, ban, embargo, boycott, backlash, moratorium, shortfall, damage, allegation, accusation,
        litigation, investigation, inquiry, probe, recall, strike, walkout, shutdown, closure, slump, slowdown,
        downturn, stagnation, deterioration, contamination, job cut, job loss, layoff, warning, subpoena, glitch,
        malfunction, insider selling, share sale, share offering, stock offering, secondary offering, rights issue,
        reverse split, reverse stock split, rate hike, struggle, downside, negligence, flaw, exodus, price cut,
        short position, erosion, glut, overcapacity, oversupply, cash crunch, liquidity crunch, side effect, delay,
        curb, whistleblower, red ink, pain, overrun, dividend cut, bottleneck, infringement, hurdle, negative watch,
        negative outlook, credit watch, fallout, rout, woe, gloom, casualty, death, lapse, misstep, feud, rift,
        revolt, standoff, impasse, deadlock, stoppage, lockout, blockade, seizure, raid, leak, bug, markdown, price
        war, saturation, cash call, emergency loan, bailout, unrest, pessimism, # euro fine, fine of, fine against,
        fine for, fine over, suit, blame, short seller report, burden""",
    -0.6: """lawsuit, class action, bankruptcy, insolvency, default, delisting, fraud, scandal, wrongdoing,
        misconduct, violation, breach, data breach, covenant breach, hack, hacker, cyberattack, cyber attack,
        ransomware, downgrade, crash, recession, crisis, turmoil, failure, profit warning, going concern, going
        concern warning, going concern doubt, indictment, criminal charge, red flag, material weakness, restatement,
        irregularity, credit crunch, margin call, dead cat bounce, death cross, bubble, ponzi, scam, pump and dump,
        rug pull, disaster, nightmare, mess, bloodbath, catastrophe, explosion, fire, oil spill, sell off, selloff,
        bull trap, falling knife, fire sale, bear market, bribery, corruption, money laundering, embezzlement,
        receivership, foreclosure, nonpayment, liquidation, price gouging, insider trading, sabotage, meltdown,
        tailspin, contagion, fatality, arrest, prison, conspiracy, collusion, derailment, grounding, hard landing,
        carnage, massacre, doom, embarrassment, exit liquidity, liquidity crisis, chapter #""",
}
# Things of which more is neither: a move of them says nothing.
_UNSIGNED = {
    0.0: """price, oil price, interest rate, exchange rate, volume, trading volume, capital expenditure, capital
        spending, capex, headcount, inventory, tax rate, currency, dollar, yield, commodity price, share
        outstanding, share class, capital, wage, minimum wage, salary, fee, ticket price, house price""",
}
# What is said of things.
_MEASURES = {
    0.0: """estimate, expectation, forecast, consensus, guidance, guide, target, outlook, view, projection,
        prediction, price target, target price, goal, growth, level, pace, benchmark""",
}
# Moves up.
_UP = {
    0.0: """widen, wider, swell, mount, pile up, spiral, balloon, build, add, receive, obtain, face, cause,
        spark, trigger, prompt, stoke, authorize, authorise, extend, renew, resume, restart, high, big, bigger,
        large, larger, greater, deep, deeper, deepen, steep, steeper, extra, additional, hefty, massive, above,
        reinstate, escalate, intensify, multiply, report, post, log, disclose, attract, draw, retain, incur, faster,
        cite, pass, deliver, generate, notch, reach, book, register, swell to, more than expect, more than forecast,
        more than anticipate, more than estimate, gather pace, gather steam, loom, through the roof, bring back,
        biggest, outstrip""",
    0.2: """raise, record, double, triple, quadruple, sign, revive, speed up, beef up, grow, expand, restore,
        hike, ramp up, step up, sweeten, up, build up, boast, gain market share, regain, broaden, recoup, reclaim,
        highest, quicken, tick higher, edge higher, inch higher, uptick, pour in, flow in, flood in""",
    0.3: """rise, climb, advance, increase, improve, accelerate, recover, bolster, boost, strengthen, outpace,
        higher, bounce back, pick up, edge up, tick up, enhance, inch up, win back, end higher, end # higher, turn
        around, new peak, ripping, ripped""",
    0.5: """soar, surge, skyrocket, rocket, jump, leap, spike, shoot up, moon, pop, up #, record high, all time
        high, new high, fresh high, year high, week high, approve, decade high, month high""",
}
# Moves down, and ends.
_DOWN = {
    0.3: "fix, resolve, solve",
    0.0: """narrow, narrower, ease, moderate, contain, recede, subside, abate, reduce, eliminate, end, stop,
        escape, avert, prevent, dodge, overturn, dismiss, toss, throw out, quash, void, reverse, settle, repay, pay
        down, refinance, block, low, fewer, smaller, limit, out of, exit, below, emerge from, reject, refute,
        defuse, allay, calm, soothe, mitigate, trim, lower, shed, rescind, absorb, rule out, free of, slow, slower,
        halve, remove, deter, come down, go away, less, slim, strike down, scare off, mute, short of, dispel, quell,
        stave off, fend off, ward off, head off, sidestep, evade, annul, dissipate, abolish, stem, retract,
        smallest, baseless, vacate, dismissal, lighten""",
    0.2: "overcome, shrug off, brush off, pay off debt, weather, patch up",
    -0.2: """slip, dip, soften, cool, weaken, erode, dwindle, shrink, fade, vanish, disappear, wane, pause,
        pull, postpone, defer, shut, shutter, idle, drain, dent, cut, drop, record low, all time low, down, new low,
        fresh low, week low, year low, decelerate, edge lower, edge down, tick down, lag, temper, crimp, erase, inch
        down, ebb, diminish, sag, wobble, curtail, shelve, ditch, lowest, end lower, end # lower, avoid, in the
        gutter, desert""",
    -0.3: """fall, decline, decrease, lose, halt, suspend, scrap, cancel, withdraw, abandon, axe, walk away,
        call off, dry up, wipe out, evaporate, slash, freeze, revoke, deny, deplete, retreat, pull back, stall,
        scale back, strip, dampen, hamper, discontinue, terminate, skip, squeeze, eat into, omit, cede, sputter,
        thwart, impede, hinder, mothball, liquidate""",
    -0.5: """plunge, plummet, tumble, crater, tank, nosedive, collapse, sink, slide, dive, implode, crumble,
        down #, wreck, trap, destroy, decimate, nuke, fall apart, fall through, get crush, get wreck, get destroy,
        get kill, get hammer, get burn, get play, get smoke, in shambles, be crush, decade low, month low, free
        fall, freefall, cripple, gap down""",
}
# Moves up of quantities, and ends of events.
_LIFT = {
    0.4: "clear of",
    0.2: "lift, clear, waive, relax",
}
# Good or bad, whatever is near.
_WORDS = {
    0.2: """buy rating, accumulate, double down, on track, meet milestone, cheer, insane, on schedule, land,
        nice, steady, stabilise, stabilize, to the rescue, pump, choose, stable, lead the way, collaborate, enable,
        exclusive""",
    0.3: """green, hopeful, pay off, reassure, popular, buy the dip, buy more, add more, pick up more, keep buy,
        load up, hodl, thank you, praise, hold forever, to the upside, free money, easy money, easy hold, confident,
        well receive, agree to be buy, agree to be acquire, break even, sell out, strike a deal, strike deal,
        secure, clinch, nab, snag, bear fruit, cup and handle, uptrend, back on track, pay down debt, go long, sell
        my puts, be sell out, help, positive, survive, every dip, conviction, underrated, on sale, ample, sturdy,
        dominant, sought after, cook, flying, pumped, gift, load more, take profit, reiterate buy, in favour of, in
        favor of, go right, achieve, accomplish, advantage, attain, benefit, beneficial, constructive, dependable,
        desirable, efficient, inspire, opportunity, optimal, progress, prestigious, satisfy, valuable, deliver every
        time, every pullback, back above, catch a break, side with, innovate, n't sell, not sell, reopen, thank god,
        make real money""",
    0.4: """win, green light, tops, topped, topping, crush, bargain, a steal, gem, accretive, solid, resilient,
        healthy, lucrative, promising, encouraging, encourage, reward, oversubscribe, favourable, favorable, diamond
        hand, undervalue, compounder, winner, overweight, exonerate, in the green, in profit, back in black, in the
        black, above expectation, ahead of plan, ahead of schedule, let us go, let s go, lets go, lfg, buy call,
        load call, long call, flip to call, into call, never quit, never sell, innovative, delight, unlock, director
        buy, bid up, out of junk, gain share, take share, snap up, print money, call print, beast, monster, on fire,
        meet goal, meet main goal, meet endpoint, meet primary endpoint, no brainer, outperform rating, gain
        traction, ahead of estimate, ahead of expectation, ahead of forecast, ahead of consensus, ahead of target,
        ahead of guidance, better than, brisk, vibrant, vigorous, insatiable, red hot, roaring, bumper, flush with
        cash, cash rich, debt free, well capitalised, well capitalized, well positioned, rosy, sanguine, on the
        mend, absolve, hand over fist, insider be buy, print cash, green day, gap up, all in, on a roll, get rich,
        raise to buy, upgrade to buy, raise to outperform, can n't wait, send it, make money, prevail, unmatched,
        unparalleled, never bet against, clear of liability, close probe, close inquiry, close investigation, close
        case, fly off shelves, fly off the shelves, fewer than fear, smaller than fear, lower than fear, milder than
        fear, narrower than fear""",
    0.5: """beat, exceed, surpass, smash, outperform, outdo, outshine, blow past, blow away, blowout, bullish,
        robust, strong, stronger, strongest, upbeat, buoyant, profitable, impress, thrive, flourish, vindicate,
        acquit, strong buy, better than expect, better than fear, best ever, tendies, lambo, booming, return to
        profit, return to growth, return to profitability, swing to profit, swing to a profit, turn profitable, turn
        a profit, crush it, kill it, nail it, multi bagger, ten bagger, up only, winning streak, record breaking,
        turn the corner, top pick, best in class, optimistic, on a tear, unstoppable, fire on all cylinder, life
        changing, make a killing, up big, up huge, easiest money, kill earnings, crush earnings, excel, prosper,
        succeed, surprise profit, retire early, blow everyone away""",
    0.6: "stellar, blockbuster, to the moon, turn bullish",
    -0.2: """abruptly, caution, step down, quit, resign, soft, softer, uncertain, cloud over, expensive,
        volatile, bag, wary, reel, shake, choppy, challenging, i sell""",
    -0.3: """warn, weigh on, weigh, oust, shun, sour, sell rating, underweight, overvalue, overpriced, stagnant,
        subdued, drag, sell my, sell all, sell everything, sell it, sell now, time to sell, puts, get out, downbeat,
        overhype, allege, on hold, out of favour, out of favor, behind schedule, short it, short this, be short, do
        with, unload, debt laden, cash strapped, flee, jittery, red, underwater, cut my loss, at the top, threaten,
        imperil, jeopardize, jeopardise, undermine, rattle, negative, stick with, unsold, every rip, loom over, mar,
        saddle with, grapple, costly, rocky, turbulent, fragile, frail, patchy, pricey, frothy, insufficient,
        inadequate, unpopular, hopium, be wrong about, question the, raise question, jolt, be over, lose sleep, hard
        pass, cost more, go wrong, wash out, adverse, adversely, complain, criticise, criticism, discourage,
        exaggerate, exploit, forfeit, frustrate, hazard, hostile, inability, inaccurate, ineligible, inefficient,
        injunction, interrupt, invalid, invalidate, onerous, overload, protest, refusal, relinquish, severe,
        severely, stress, unauthorized, unfavorable, unfavourable, unwanted, drawback, difficulty, error, bet
        against, distort, disturb, devalue, conflict of interest, n't buy, not buy, nobody be buy, no bottom""",
    -0.4: """hurt, harm, hit by, hit hard, take a hit, hammer, batter, pummel, punish, languish, falter,
        stumble, flounder, suffer, accuse, sue, give up, dump, regret, weaker, tepid, sluggish, lacklustre,
        lackluster, faulty, defective, taint, dilute, dilutive, overstate, distressed, ailing, unprofitable, bleed,
        fall short, underwhelm, under fire, under pressure, under scrutiny, under investigation, lay off, furlough,
        shut down, shut store, close store, close # store, close plant, close factory, walk out, wind down, insider
        sell, stay away, go lower, order to pay, must pay, pay # to settle, run out, ugly, hemorrhage, dead money,
        unsafe, break down, breakdown, head and shoulder, too late, downtrend, at a loss, snub, undercut, plague,
        toxic, come up short, nothing left, lose share, lose ground, lose steam, mess up, screw, steal, burn
        through, burn cash, good riddance, hold my bag, heavy bag, do not touch, miss out on, fall behind, buy puts,
        load up on puts, puts print, long puts, burn through cash, hit with, go against, drive away, drag down,
        weigh down, freeze withdrawal, halt withdrawal, margin contract, sale contract, sales contract, revenue
        contract, profit contract, economy contract, run away, beset, derail, hobble, spook, roil, unnerve, bog
        down, blow to, anaemic, anemic, subpar, poor, rough, tough, unsustainable, uncompetitive, loss making,
        unpaid, overdue, overrated, joke, rigged, clueless, delusional, shady, stop out, bloody, blood, be dead,
        never again, rob, rip to, rip my, give up gain, lose faith, cut to sell, cut to hold, cut to neutral, ground
        fleet, obsolete, buckle, issue share, issue more share, balk, aggravate, confiscate, culpable, danger,
        defeat, deficiency, degrade, delinquent, destabilise, destabilize, detain, detriment, detrimental,
        discredit, discriminate, evict, harass, hardship, impair, ineffective, inferior, instability, jeopardy,
        liable, misuse, neglect, peril, plight, problematic, rebuke, repossess, retaliate, standstill, tarnish,
        uncollectible, undesirable, unsuccessful, unwelcome, wrongful, never trust, shadow of, get nothing, go to
        nothing, another low, alarm, distress""",
    -0.5: """miss, disappoint, underperform, bearish, dire, bleak, weak, weakest, worse, worst, worsen, rekt,
        bagholder, bag holder, bag hold, hold the bag, cooked, toast, trash, lie, cheat, manipulate, convict, charge
        with, mislead, in the red, into the red, lose money, worse than expect, worse than fear, beat down, out of
        business, embattled, gloomy, no future, rug, on the brink, turn bearish, paper hand, swing to loss, swing to
        a loss, falsify, cook the book, catastrophic, alarming, flop, dud, to junk, into junk, pessimistic, dismal,
        abysmal, into bankruptcy, into recession, into receivership, into administration, into default, unlawful,
        deceptive, bogus, suck, disgrace, embarrassing, crook, sham, down bad, down big, lose everything, lose half,
        blow up, dying, doomed, slaughter, fake, calamity, crime, deception, demise, egregious, felony, guilty,
        malpractice, misappropriate, misstate, theft, violate""",
    -0.6: """bankrupt, insolvent, to zero, junk status, junk territory, plead guilty, garbage, worthless,
        fraudulent, delist, go bust, bust, belly up, defraud, debacle, devastate, ruin""",
}
# Signs of the forums.
_SIGNS = {
    0.4: "🚀, 📈, 🌙, 🌕, 💎, 🐂, 🤑, 💰, 🎉, 🥳, 🙌, 💪, 🏆, 🟢",
    -0.5: "📉, 💀, 😭, 🩸, 🤡, 🐻, 💩, 🗑, 😡, 🤬, 😱, 🔻, 🪦",
}
# Ordinary words and names of things, though a general lexicon hears praise or blame in some of them.
_NEUTRAL = {
    0.0: """liability, tax, vice, crude, gross, mine, mean, most, many, much, own, able, sure, special, common,
        small, past, full, free, right, late, latest, fair, light, cold, warm, base, game, rank, available, complex,
        primary, secondary, original, familiar, detailed, advanced, unlikely, dramatic, mere, serious, criminal,
        random, secret, thick, fresh, golden, clean, sound, fit, super, kind, fine, experienced, rare, crazy, lol,
        lmao, honest, honestly, easy, easily, quick, quickly, first, significant, significantly, approximate,
        approximately, forced, behind, acute, casual, static, subtle, true, false, unique, important, relevant,
        appropriate, notable, notably, smooth, filled, confirmed, sophisticated, prominent, famous, exotic,
        elaborate, mild, effective, innocent, surprising, surprisingly, unprecedented, shares outstanding,
        outstanding, stock split, earnings call, earnings report, earnings release, earnings date, earnings season,
        report earnings, report result, ex dividend, dividend yield, record date, cost basis, capital gain, capital
        gains tax, tax loss, common stock, preferred stock, in line with, little change, market order, limit order,
        stop loss, stop order, best buy, advance auto, rocket lab, book value, face value, account receivable,
        deferred tax, double digit, high yield, reinvest dividend, green bond, green energy, weight loss, price to
        earnings, strike price, exercise price, risk factor, risk free, risk management, sales tax, sales force,
        down payment, customer service, good morning, asset manager, asset management, fixed income, income
        statement, income tax, in order to, high street, high court, high school, ca n't stop, cannot stop, big
        tech, large cap, low cost carrier, puts the, puts its, puts a, puts pressure, passive income, than expect,
        than fear, than forecast, than plan, than anticipate, than estimate, than hope, worth, no position, no
        change, no doubt, no idea, depreciation, goodwill, deal with, good luck, up to, up for, set up, sign up,
        year end, quarter end, month end, strong dollar, weak dollar, block trade, report to, high level, low level,
        more, the dip, wrong, end the day, end the week, end flat, close its book, accord to, stem from, be report,
        be post, end little change, puts #""",
}
# What turns.
_NOTS = {
    0.0: """not, n't, never, no longer, nobody, no one, none of, cannot, cant, dont, doesnt, didnt, isnt, wasnt,
        arent, wont, hardly, barely, anything but, no way, nothing, neither, nor""",
}
_NOS = {
    0.0: "no, zero, without, lack of, lack, little, few, no sign of",
}
_FAILS = {
    -0.5: "fail, fail to, unable to, struggle to, not enough to",
}
_FLIPS = {
    -0.4: """less than expect, less than forecast, less than estimate, less than anticipate, less than hope,
        less than plan""",
    0.4: "less than fear",
}
# What parts.
_SMALLS = {
    0.0: """a, an, the, its, it, of, to, in, into, at, over, be, their, his, her, our, my, this, that, these,
        those, have, would, will""",
}
_STOPS = {
    0.0: """as, while, and, before, when, because, since, than, where, who, which, so, or, if, until, via,
        versus, vs, thanks to, due to, through, during, say, force, push, send, drive, allow, let, leave""",
}
_SOFTS = {
    0.0: "on, by, with, from, for, against",
}
_AFTERS = {
    0.0: "after, following, amid",
}
_BUTS = {
    0.0: "but, yet, however, still, nevertheless, instead, now, finally",
}
_DESPITES = {
    0.0: """despite, although, even though, even as, even after, in spite of, notwithstanding, though,
        regardless of""",
}
_TABLES = (
    (Kind.THING, 1, _GOOD),
    (Kind.THING, -1, _BAD),
    (Kind.THING, 0, _UNSIGNED),
    (Kind.MEASURE, 1, _MEASURES),
    (Kind.MOVE, 1, _UP),
    (Kind.MOVE, -1, _DOWN),
    (Kind.LIFT, 1, _LIFT),
    (Kind.WORD, 0, _WORDS),
    (Kind.WORD, 0, _SIGNS),
    (Kind.WORD, 0, _NEUTRAL),
    (Kind.NOT, 0, _NOTS),
    (Kind.NO, -1, _NOS),
    (Kind.FAIL, 0, _FAILS),
    (Kind.FLIP, 0, _FLIPS),
    (Kind.STOP, 0, _STOPS),
    (Kind.SMALL, 0, _SMALLS),
    (Kind.SOFT, 0, _SOFTS),
    (Kind.AFTER, 0, _AFTERS),
    (Kind.BUT, 0, _BUTS),
    (Kind.DESPITE, 0, _DESPITES),
)
# Forms that the rules below do not make.
_IRREGULAR = """
rise rose risen, fall fell fallen, beat beaten, cut cutting, lose lost, win won, grow grew grown, shrink shrank shrunk,
sink sank sunk, hit hitting, break broke broken, withdraw withdrew withdrawn, pay paid, buy bought, sell sold,
quit quitting, sue suing, lie lying, bleed bled, slide slid, leap leapt, freeze froze frozen, overcome overcame,
mislead misled, blow blew blown, throw threw thrown, go goes went gone going, shut shutting, get got getting gotten,
take took taken, give gave given, make made, hold held, lay laid, be is are was were been being am, do does did done,
leave left, keep kept, steal stole stolen, dive dove, shed shedding, come came, strike struck, swing swung, feel felt,
eat ate eaten, undercut undercutting, rebuild rebuilt, repay repaid, become became, defer deferred deferring,
cancel cancelled cancelling, deter deterred deterring, omit omitted omitting, meet met, draw drew drawn, put putting,
bear bore borne, have has had having, incur incurred incurring, run ran running, stand stood, say said, speed sped,
scrap scrapped scrapping, strip stripped stripping
"""
_DOUBLED = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")


def _listed(text: str) -> list[str]:
    return [" ".join(each.split()) for each in text.split(",")]


def _terms() -> Iterator[tuple[str, Term]]:
    for kind, sign, table in _TABLES:
        for polarity, text in table.items():
            for word in _listed(text):
                yield word, Term(kind, sign, polarity)


def _forms(base: str) -> tuple[str, ...]:
    """Return a word's regular forms, as a verb and as a noun; those that nobody uses do no harm."""
    if len(base) < 3 or not base.isalpha():
        return ()
    if base.endswith("e"):
        return base + "s", base + "d", base[:-1] + "ing"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies", base[:-1] + "ied", base + "ing"
    stem = base + base[-1] if _DOUBLED.fullmatch(base) else base
    return base + ("es" if base.endswith(("s", "x", "z", "ch", "sh")) else "s"), stem + "ed", stem + "ing"


def _bases() -> dict[str, str]:
    bases = {word for term in TERMS for word in term.split()}
    found = {form: base for base in sorted(bases) for form in _forms(base)}
    for base, *forms in map(str.split, _listed(_IRREGULAR)):
        found |= dict.fromkeys(forms, base) if base in bases else {}
    # What is listed means itself, whatever it is a form of besides: "better", "shares outstanding".
    return found | {term: term for term in TERMS}


TERMS: Mapping[str, Term] = MappingProxyType(dict(_terms()))
BASES: Mapping[str, str] = MappingProxyType(_bases())
# What each word and phrase says alone, single words in all their forms.
POLARITY: Mapping[str, float] = MappingProxyType(
    {form: TERMS[base].polarity for form, base in BASES.items() if base in TERMS}
)
