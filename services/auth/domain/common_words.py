"""Words that guessers try first.

Compiled by hand for this project from what people are known to choose: names, sports, seasons, pets, keyboards, and
the words of this trade. No published list was copied. Parts of passwords, not whole ones: `guessable` counts how few
of them a password is made of.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
    password passwort passwd pass parola passcode passphrase secret secrets geheim letmein login logon signin welcome
    hello hallo bonjour hola admin administrator root user username guest master default access system server
    computer internet google facebook amazon apple microsoft windows linux android iphone samsung changeme change
    newpass temp temporary testing tester test demo example sample qwerty qwertz azerty asdf zxcv abc abcd iloveyou
    love lover loveme forever always never trustno trust nobody whatever blink killer ninja hunter ranger soldier
    warrior samurai pirate shadow dragon phoenix tiger lion eagle falcon panther monkey gorilla rabbit kitten puppy
    doggy horse dolphin butterfly spider snake bear wolf jordan michael michelle daniel david robert thomas charlie
    jessica jennifer ashley amanda andrew anthony joshua matthew nicole hannah samantha maria anna emma sophie
    oliver george william harry jack james john peter paul mark luke alex alexander max lucas leon laura julia
    sarah lisa martin stefan jesus christ heaven angel angels god bless faith hope grace family friend friends mother
    father mommy daddy baby babygirl babyboy princess prince queen king honey sweet sugar cookie chocolate cheese
    banana orange cherry lemon pepper ginger coffee pizza summer winter spring autumn sunshine rainbow sunday monday
    tuesday wednesday thursday friday saturday january february march april may june july august september october
    november december football soccer baseball basketball hockey tennis golf cricket rugby liverpool arsenal chelsea
    manchester barcelona madrid united yankees lakers cowboys steelers ferrari porsche mercedes mustang corvette
    harley yamaha honda toyota london paris berlin newyork america england germany france canada mexico starwars
    superman batman spiderman pokemon pikachu naruto matrix merlin gandalf hogwarts potter minecraft fortnite
    nintendo playstation xbox music guitar rockstar metal purple green yellow silver golden gold diamond crystal
    black white blue red pink money cash dollar dollars euro bitcoin crypto rich million millionaire success winner
    lucky freedom power super hero star stars lights flower flowers rose river ocean mountain island
    portfolio portfolios optimizer optimize quantum invest investor investment investing trading trader trade stock
    stocks market markets finance financial bank banking broker fund funds hedge bond bonds equity sharpe alpha beta
    gamma delta sigma omega qpo
    one two three four five six seven eight nine ten the and you are my me is it in for with
"""

COMMON_WORDS: Final = frozenset(_WORDS.split())
