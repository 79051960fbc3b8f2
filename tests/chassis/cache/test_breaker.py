from chassis.cache.breaker import Breaker


class Clock:
    time = 0.0

    def __call__(self):
        return self.time


def test_nothing_is_asked_for_a_while_after_a_failure():
    clock = Clock()
    breaker = Breaker(1.0, clock)
    assert breaker.admits()
    breaker.failed()
    assert breaker.is_open
    assert not breaker.admits()
    clock.time = 1.0
    assert not breaker.is_open
    assert breaker.admits()


def test_after_the_pause_one_finds_out_for_all():
    clock = Clock()
    breaker = Breaker(1.0, clock)
    breaker.failed()
    clock.time = 1.0
    assert [breaker.admits(), breaker.admits(), breaker.is_open] == [True, False, True]
    breaker.worked()
    assert breaker.admits()
    assert breaker.admits()


def test_only_a_turn_is_news():
    breaker = Breaker(1.0, Clock())
    assert [breaker.worked(), breaker.failed(), breaker.failed(), breaker.worked(), breaker.worked()] == [
        False,
        True,
        False,
        True,
        False,
    ]
