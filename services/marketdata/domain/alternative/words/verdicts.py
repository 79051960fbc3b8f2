"""Words that are good, bad or neither, whatever is near."""

GOOD = (
    # Better than was thought
    (0.4, "tops, topped, topping, better than, above expectation, ahead of plan, ahead of schedule, ahead of estimate"),
    (0.4, "ahead of expectation, ahead of forecast, ahead of consensus, ahead of target, ahead of guidance"),
    (0.4, "fewer than fear, smaller than fear, lower than fear, milder than fear, narrower than fear"),
    (0.5, "beat, exceed, surpass, smash, outperform, outdo, outshine, blow past, blow away, blowout"),
    (0.5, "impress, better than expect, better than fear, kill earnings, crush earnings, surprise profit"),
    # Sound business
    (0.2, "steady, stable, stabilise, stabilize"),
    (0.3, "ample, sturdy, break even, sell out, be sell out, pay down debt"),
    (0.4, "solid, resilient, healthy, lucrative, accretive, brisk, vibrant, vigorous, roaring"),
    (0.4, "bumper, red hot, insatiable, fly off shelves, fly off the shelves, flush with cash"),
    (0.4, "cash rich, debt free, well capitalised, well capitalized, well positioned"),
    (0.5, "strong, stronger, strongest, robust, buoyant, booming, profitable, thrive"),
    (0.5, "flourish, prosper, turn profitable, turn a profit, return to profit"),
    (0.5, "return to profitability, return to growth, swing to profit, swing to a profit"),
    (0.6, "stellar, blockbuster"),
    # Getting better
    (0.2, "to the rescue"),
    (0.3, "survive, reopen, back on track, go right, catch a break"),
    (0.4, "on the mend, back in black, in the black, in the green, in profit, out of junk"),
    (0.5, "turn the corner"),
    # Success
    (0.2, "on track, on schedule, meet milestone, land, lead the way, choose, exclusive, enable, collaborate"),
    (0.3, "secure, clinch, nab, snag, strike deal, strike a deal, agree to be buy, agree to be acquire"),
    (0.3, "bear fruit, achieve, accomplish, attain, progress, advantage, opportunity, benefit, innovate"),
    (0.4, "win, winner, prevail, reward, unlock, gain traction, gain share, take share, unmatched"),
    (0.4, "unparalleled, innovative, meet goal, meet main goal, meet endpoint, meet primary endpoint"),
    (0.5, "succeed, excel, best ever, best in class, record breaking, winning streak"),
    (0.5, "on a tear, fire on all cylinder, unstoppable, crush it, kill it, nail it"),
    # Cleared
    (0.3, "side with"),
    (0.4, "green light, exonerate, absolve, clear of liability"),
    (0.4, "close probe, close inquiry, close investigation, close case"),
    (0.5, "acquit, vindicate"),
    # What analysts and those inside say
    (0.2, "buy rating, accumulate"),
    (0.3, "reiterate buy"),
    (0.4, "overweight, outperform rating, undervalue, upgrade to buy, raise to buy"),
    (0.4, "raise to outperform, director buy, insider be buy, bid up, snap up, oversubscribe"),
    (0.5, "bullish, strong buy, top pick"),
    (0.6, "turn bullish"),
    # What investors do
    (0.2, "double down, pump"),
    (0.3, "buy more, add more, pick up more, load more, load up, keep buy, buy the dip, every dip"),
    (0.3, "go long, sell my puts, hodl, hold forever, n't sell, not sell, take profit, conviction"),
    (0.4, "all in, buy call, load call, long call, call print, never sell, diamond hand"),
    # Charts
    (0.3, "green, uptrend, to the upside, back above, cup and handle"),
    (0.4, "green day, gap up"),
    (0.5, "up big, up huge, up only"),
    (0.6, "to the moon"),
    # Cheap, and money made
    (0.3, "underrated, on sale, gift, valuable, pay off, free money, easy money"),
    (0.4, "bargain, a steal, gem, no brainer, compounder, print money"),
    (0.4, "print cash, make money, get rich, hand over fist"),
    (0.5, "make a killing, life changing, multi bagger, ten bagger, tendies, lambo"),
    # Mood
    (0.2, "cheer, nice, insane"),
    (0.3, "hopeful, confident, positive, reassure, inspire, satisfy, praise, popular, prestigious"),
    (0.3, "sought after, in favour of, in favor of, well receive, cook, flying, pumped"),
    (0.4, "promising, encouraging, encourage, favourable, favorable, delight, rosy, sanguine"),
    (0.4, "crush, beast, monster, on fire, on a roll, lfg, lets go, let us go, let s go, send it"),
    (0.5, "upbeat, optimistic"),
    # Merits
    (0.3, "help, beneficial, constructive, dependable, desirable, efficient, optimal, dominant"),
)

BAD = (
    # Worse than was thought
    (-0.4, "fall short, come up short, underwhelm, at a loss, weaker, subpar, poor"),
    (-0.5, "miss, disappoint, underperform, flop, dud, weak, weakest"),
    (-0.5, "worse, worst, worsen, worse than expect, worse than fear"),
    # Business that goes badly
    (-0.2, "soft, softer, choppy, challenging"),
    (-0.3, "stagnant, subdued, sour, patchy, fragile, frail, rocky, turbulent, costly, cost more, unsold"),
    (-0.3, "insufficient, inadequate, inefficient, on hold, behind schedule, severe, severely, adverse"),
    (-0.3, "adversely, unfavorable, unfavourable, onerous, overload, difficulty, drawback, inability"),
    (-0.4, "tepid, sluggish, lacklustre, lackluster, anaemic, anemic, rough, tough, inferior, ineffective, obsolete"),
    (-0.4, "loss making, unprofitable, unsustainable, uncompetitive, unsuccessful, problematic, hardship, detriment"),
    (-0.4, "detrimental, lose steam, lose ground, lose share, fall behind, give up gain, standstill, instability"),
    (-0.4, "margin contract, revenue contract, profit contract, economy contract"),
    (-0.5, "dire, bleak, dismal, abysmal, catastrophic, calamity, swing to loss, swing to a loss"),
    # To suffer
    (-0.2, "shake, reel"),
    (-0.3, "weigh, weigh on, drag, jolt, mar, rattle, undermine, loom over, grapple"),
    (-0.3, "saddle with, wash out, interrupt, threaten, imperil, jeopardize, jeopardise"),
    (-0.3, "disturb, distort, exploit, hazard, stress, frustrate, discourage"),
    (-0.4, "hurt, harm, impair, degrade, aggravate, hit by, hit hard, hit with, take a hit, blow to, hammer, batter"),
    (-0.4, "pummel, punish, plague, beset, bog down, drag down, weigh down, drive away, derail, hobble, defeat"),
    (-0.4, "languish, falter, stumble, flounder, suffer, buckle, break down, breakdown, bleed, hemorrhage, undercut"),
    (-0.4, "under fire, under pressure, under scrutiny, danger, peril, plight, jeopardy, destabilise, destabilize"),
    (-0.5, "embattled, on the brink, demise"),
    (-0.6, "devastate, debacle, ruin"),
    # Short of money
    (-0.3, "red, underwater, debt laden, cash strapped, forfeit, relinquish"),
    (-0.4, "distressed, ailing, unpaid, overdue, delinquent, uncollectible, deficiency"),
    (-0.4, "burn through, burn cash, burn through cash, run out, dead money, repossess, evict"),
    (-0.5, "in the red, into the red, into default, into recession, into receivership"),
    (-0.5, "into administration, into bankruptcy, out of business, to junk, into junk"),
    (-0.6, "bankrupt, insolvent, go bust, bust, belly up, junk status, junk territory, delist, worthless, to zero"),
    # To end
    (-0.2, "step down, quit, resign, abruptly"),
    (-0.3, "oust, flee"),
    (-0.4, "shut down, wind down, walk out, lay off, furlough, shut store, close store, close # store"),
    (-0.4, "close plant, close factory, ground fleet, freeze withdrawal, halt withdrawal"),
    # Shares made worth less
    (-0.3, "devalue"),
    (-0.4, "dilute, dilutive, issue share, issue more share"),
    # Courts and authorities
    (-0.3, "allege, injunction, refusal, ineligible, invalid, invalidate, unauthorized, conflict of interest"),
    (-0.4, "accuse, sue, culpable, liable, under investigation, confiscate"),
    (-0.4, "detain, rebuke, order to pay, must pay, pay # to settle"),
    (-0.5, "charge with, convict, guilty, crime, felony, violate, unlawful"),
    (-0.6, "plead guilty"),
    # Wrongs
    (-0.3, "inaccurate, error, exaggerate"),
    (-0.4, "faulty, defective, unsafe, taint, tarnish, toxic, overstate, misuse, neglect"),
    (-0.4, "wrongful, discriminate, discredit, retaliate, harass, rigged, shady, steal, rob"),
    (-0.5, "lie, cheat, mislead, manipulate, misstate, falsify, cook the book, misappropriate"),
    (-0.5, "theft, deception, deceptive, malpractice, egregious, bogus, fake, sham, crook, rug"),
    (-0.6, "fraudulent, defraud"),
    # What analysts and those inside say
    (-0.2, "caution"),
    (-0.3, "warn, sell rating, underweight, overvalue, overpriced, pricey, frothy, raise question, question the"),
    (-0.4, "cut to sell, cut to hold, cut to neutral, insider sell"),
    (-0.5, "bearish, turn bearish"),
    # What investors do
    (-0.2, "bag"),
    (-0.3, "sell it, sell my, sell all, sell everything, sell now, time to sell, unload, cut my loss, get out"),
    (-0.3, "puts, short it, short this, be short, bet against, n't buy, not buy, shun, every rip, hard pass"),
    (-0.4, "dump, give up, stay away, do not touch, run away, snub, balk, never again, lose faith, regret"),
    (-0.4, "buy puts, load up on puts, long puts, puts print, stop out, miss out on, too late, good riddance"),
    (-0.5, "hold the bag, bag hold, bag holder, bagholder, paper hand"),
    (-0.5, "lose money, lose half, lose everything, blow up"),
    # Charts
    (-0.3, "no bottom"),
    (-0.4, "downtrend, head and shoulder, go lower, bloody, blood"),
    (-0.5, "beat down, down bad, down big, slaughter"),
    # No hope
    (-0.3, "go wrong, lose sleep"),
    (-0.4, "be dead, get nothing, go against, rip to, rip my"),
    (-0.5, "no future, doomed, dying, toast, cooked, rekt"),
    # Mood
    (-0.2, "wary, uncertain, volatile, expensive, cloud over"),
    (-0.3, "negative, downbeat, jittery, unpopular, unwanted, hostile, out of favour"),
    (-0.3, "out of favor, overhype, hopium, complain, criticise, criticism, protest"),
    (-0.4, "spook, roil, unnerve, alarm, distress, unwelcome, undesirable"),
    (-0.4, "overrated, joke, clueless, delusional, ugly, mess up, screw"),
    (-0.5, "gloomy, pessimistic, alarming, embarrassing, disgrace, suck, trash"),
    (-0.6, "garbage"),
)

# Signs of the forums.
SIGNS = (
    (0.4, "🚀, 📈, 🌙, 🌕, 💎, 🐂, 🤑, 💰, 🎉, 🥳, 🙌, 💪, 🏆, 🟢"),
    (-0.5, "📉, 💀, 😭, 🩸, 🤡, 🐻, 💩, 🗑, 😡, 🤬, 😱, 🔻, 🪦"),
)

# They say nothing, though a general lexicon, or a part of the phrase, does.
NEUTRAL = (
    # Ordinary words
    (0.0, "able, sure, special, common, small, past, full, free, right, wrong, late, latest, fair, light, cold"),
    (0.0, "warm, mean, most, many, much, more, own, first, base, game, rank, available, complex, primary"),
    (0.0, "secondary, original, familiar, detailed, advanced, unlikely, dramatic, mere, serious, criminal, random"),
    (0.0, "secret, thick, fresh, golden, clean, sound, fit, super, kind, fine, experienced, rare, crazy, honest"),
    (0.0, "honestly, easy, easily, quick, quickly, significant, significantly, approximate, approximately, forced"),
    (0.0, "behind, acute, casual, static, subtle, true, false, unique, important, relevant, appropriate, notable"),
    (0.0, "notably, smooth, filled, confirmed, sophisticated, prominent, famous, exotic, elaborate, mild"),
    (0.0, "effective, innocent, surprising, surprisingly, unprecedented, outstanding, worth, lol, lmao, vice, mine"),
    # Ordinary phrases
    (0.0, "high street, high court, high school, good morning, good luck, in order to, no doubt, no idea"),
    (0.0, "no change, set up, sign up, up for, up to, accord to, stem from, deal with, be report, be post"),
    (0.0, "report to, ca n't stop, cannot stop, puts #, puts a, puts the, puts its, puts pressure"),
    # Companies
    (0.0, "best buy, advance auto, rocket lab"),
    # Kinds of companies, goods and bonds
    (0.0, "big tech, large cap, low cost carrier, asset manager, asset management, customer service"),
    (0.0, "sales force, crude, green energy, green bond, high yield, fixed income, passive income, weight loss"),
    # Accounts and taxes
    (0.0, "liability, depreciation, goodwill, gross, account receivable, book value, face value"),
    (0.0, "income statement, tax, income tax, sales tax, deferred tax, capital gain, capital gains tax"),
    (0.0, "tax loss, cost basis, down payment, risk factor, risk free, risk management, price to earnings"),
    # Shares and trading
    (0.0, "common stock, preferred stock, shares outstanding, stock split, ex dividend, dividend yield"),
    (0.0, "record date, reinvest dividend, market order, limit order, stop loss, stop order"),
    (0.0, "strike price, exercise price, block trade, no position, the dip, strong dollar, weak dollar"),
    # Reports and calendars
    (0.0, "earnings call, earnings report, earnings release, earnings date, earnings season, report earnings"),
    (0.0, "report result, close its book, year end, quarter end, month end, end the day, end the week"),
    # As it was, and as was thought
    (0.0, "end flat, little change, end little change, in line with, double digit, high level, low level"),
    (0.0, "than expect, than forecast, than plan, than anticipate, than estimate, than hope, than fear"),
)
