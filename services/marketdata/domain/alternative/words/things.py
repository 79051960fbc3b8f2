"""Things that move, quantities and events, and what is said of them."""

# More of them is good.
GOOD = (
    # What comes in
    (0.0, "revenue, sales, same store sales, comparable sales"),
    (0.0, "like for like sales, turnover, top line, receipts, rent, royalty"),
    # What is left of it
    (0.0, "profit, earnings, income, net income, net interest income, interest income, earnings per share, eps"),
    (0.0, "margin, gross margin, ebitda, profitability, bottom line, efficiency, savings, return, return on equity"),
    (0.4, "surplus, gain, bonanza, cost savings, cost cut, cost reduction, debt reduction"),
    (0.5, "windfall"),
    # What is asked for, made and sold
    (0.0, "demand, appetite, order, order book, booking, backlog, pipeline, delivery, shipment"),
    (0.0, "output, production, productivity, capacity, utilisation, utilization, load factor"),
    (0.0, "occupancy, pricing power, visibility, store, plant, factory, branch, refinery"),
    (0.4, "strong demand"),
    # Who buys, works and invests
    (0.0, "customer, client, user, account, subscriber, subscription, member, membership, shopper"),
    (0.0, "passenger, visitor, audience, viewership, download, traffic, footfall, ridership"),
    (0.0, "advertiser, ad spending, retention, investor, holder, job, hiring, staffing"),
    # What is owned
    (0.0, "cash, cash flow, free cash flow, cash pile, liquidity, credit line, reserve, ratio"),
    (0.0, "capital ratio, asset, deposit, inflow, licence, license, patent, application"),
    (0.2, "investment, financing"),
    (0.4, "funding"),
    (0.5, "cash cow, cash machine"),
    # What shareholders get
    (0.0, "dividend, payout, bonus"),
    (0.4, "special dividend, buyback, buy back, repurchase"),
    (0.4, "share repurchase, stock repurchase, premium, insider buying"),
    # What the market pays
    (0.0, "share, stock, equity, share price, stock price, stake, market share"),
    (0.0, "market value, market cap, valuation, rating, credit rating, longs"),
    (0.2, "bull, catalyst"),
    (0.4, "upside, safe haven"),
    (0.5, "rally, breakout, short squeeze, gamma squeeze, golden cross"),
    (0.5, "bull run, bull market, upgrade, investment grade, outperformance"),
    # What is agreed
    (0.0, "merger, offer"),
    (0.2, "deal, contract, agreement, accord, collaboration, licensing deal, renewal, bid, takeover"),
    (0.4, "multi year deal, partnership, alliance, joint venture, tie up, oversubscription"),
    (0.5, "takeover bid, takeover offer, buyout, buyout offer"),
    # What authorities grant
    (0.2, "tax cut, stimulus"),
    (0.4, "tax break, debt relief, rate cut, reprieve, truce"),
    (0.5, "approval, clearance, fast track, acquittal"),
    # Getting better
    (0.2, "rescue"),
    (0.4, "recovery, improvement, relief, lifeline, rescue deal, upswing"),
    (0.4, "upturn, uplift, resurgence, revival, green shoots, soft landing"),
    (0.5, "rebound, turnaround, comeback"),
    # Success
    (0.2, "synergy, launch, discovery"),
    (0.4, "strength, resilience, tailwind, moat, dominance, expansion, victory, award, endorsement"),
    (0.5, "success, breakthrough, boom"),
    # Mood
    (0.0, "economy, hope, confidence, sentiment, momentum"),
    (0.4, "optimism, enthusiasm"),
)

# More of them is bad.
BAD = (
    # What is spent
    (0.0, "cost, expense, overhead, burn, burn rate, cash burn, shrinkage, emission"),
    (-0.2, "charges, discounting"),
    (-0.4, "overrun, burden"),
    # What is owed
    (0.0, "debt, debt load, debt pile, debt ratio, leverage, leverage ratio, borrowing, obligation, arrears, claim"),
    (-0.4, "bad loan, non performing loan, soured loan, bad debt, delinquency, emergency loan, bailout"),
    (-0.6, "default, nonpayment, foreclosure, receivership, insolvency, bankruptcy, chapter #"),
    (-0.6, "liquidation, margin call, going concern, going concern warning, going concern doubt"),
    # What is set aside and written off
    (0.0, "provision, loss provision, loan loss provision"),
    (-0.4, "loss, deficit, red ink, impairment, impairment charge, restructuring charge, charge off, erosion"),
    (-0.4, "write down, writedown, write off, writeoff, markdown, shortfall, cash crunch, liquidity crunch"),
    (-0.6, "liquidity crisis, credit crunch"),
    # Who leaves, and who is sent away
    (0.0, "churn, attrition, staff turnover, employee turnover"),
    (0.0, "return rate, cancellation, vacancy, unemployment, jobless claim"),
    (-0.2, "resignation, departure, outflow, withdrawal"),
    (-0.4, "exodus, job cut, job loss, layoff"),
    # What risks it
    (0.0, "risk, default risk, default rate, exposure, inflation, competition"),
    (-0.2, "volatility, uncertainty, pressure, tension, speculation, price competition"),
    (-0.4, "price war, price cut, saturation, glut, overcapacity, oversupply, rate hike, headwind, threat"),
    # Who bets on a fall
    (0.0, "shorts, short seller, short interest, bears"),
    (-0.2, "bear"),
    (-0.4, "short position, short seller report"),
    # What shareholders lose
    (0.0, "share count"),
    (-0.2, "overhang"),
    (-0.4, "dilution, share sale, share offering, stock offering, secondary offering, rights issue, cash call"),
    (-0.4, "reverse split, reverse stock split, dividend cut, warning, negative watch, credit watch, negative outlook"),
    (-0.6, "downgrade, profit warning, delisting, exit liquidity"),
    # Markets that fall
    (-0.4, "slump, slowdown, downturn, stagnation, deterioration, weakness, downside, rout, fallout"),
    (-0.6, "crash, sell off, selloff, meltdown, tailspin, bear market, bull trap, falling knife, dead cat bounce"),
    (-0.6, "death cross, bubble, fire sale, bloodbath, carnage, massacre, contagion, recession, hard landing"),
    # What stops the work
    (0.0, "wait time, downtime"),
    (-0.4, "shortage, bottleneck, disruption, delay, outage, glitch, malfunction, bug, leak"),
    (-0.4, "shutdown, closure, stoppage, lockout, strike, walkout, blockade, unrest, revolt"),
    (-0.6, "derailment, grounding, hack, hacker, cyberattack, cyber attack, ransomware, data breach, sabotage"),
    # Harm
    (-0.4, "accident, injury, casualty, death, damage, contamination, defect, flaw, recall, side effect"),
    (-0.6, "fatality, explosion, fire, oil spill, disaster, catastrophe"),
    # What authorities and rivals do
    (-0.2, "restriction, tariff, export control, antitrust"),
    (-0.4, "sanction, ban, embargo, curb, moratorium, boycott, backlash, seizure, raid, subpoena"),
    (-0.4, "investigation, inquiry, probe, dispute, feud, rift, standoff, impasse, deadlock"),
    # Courts and their fines
    (-0.4, "litigation, suit, allegation, accusation, blame, verdict, penalty"),
    (-0.4, "infringement, negligence, whistleblower, fines, hefty fine, record fine"),
    (-0.4, "# fine, # euro fine, fine of, fine against, fine for, fine over"),
    (-0.6, "lawsuit, class action, indictment, criminal charge, arrest, prison"),
    # Wrongs
    (-0.6, "fraud, scandal, wrongdoing, misconduct, violation, breach, covenant breach, irregularity"),
    (-0.6, "restatement, material weakness, red flag, bribery, corruption, money laundering, embezzlement"),
    (-0.6, "collusion, conspiracy, insider trading, price gouging, ponzi, scam, pump and dump, rug pull"),
    # Trouble
    (-0.2, "complaint"),
    (-0.4, "trouble, problem, setback, hurdle, misstep, lapse, struggle, woe, pain"),
    (-0.6, "failure, crisis, turmoil, mess, nightmare, embarrassment"),
    # Mood
    (-0.4, "concern, fear, worry, doubt, gloom, pessimism"),
    (-0.6, "doom"),
)

# More of them is neither: a move of them says nothing.
UNSIGNED = (
    # Prices and rates
    (0.0, "price, oil price, commodity price, house price, ticket price, fee, yield"),
    (0.0, "interest rate, tax rate, exchange rate, currency, dollar, volume, trading volume"),
    # What a company has and pays
    (0.0, "capital, capital expenditure, capital spending, capex"),
    (0.0, "inventory, share class, headcount, wage, minimum wage, salary"),
)

# What is said of things ("cost growth", "sales forecast"); things where there are no others.
MEASURES = (
    # What was thought before
    (0.0, "estimate, expectation, forecast, consensus, guidance, guide, outlook, view"),
    (0.0, "projection, prediction, target, price target, target price, goal, benchmark"),
    # How much, and how fast
    (0.0, "growth, level, pace"),
)
