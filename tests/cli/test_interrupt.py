import os
import signal

from clients.cli.interrupt import until_interrupted


def test_ctrl_c_leaves_the_block_without_an_error() -> None:
    reached = False
    with until_interrupted():
        os.kill(os.getpid(), signal.SIGINT)
        reached = True
    assert not reached


def test_an_interrupt_that_is_swallowed_is_not_forgotten() -> None:
    with until_interrupted() as struck:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            swallowed = True
        assert swallowed
        assert struck.is_set()


def test_afterwards_ctrl_c_is_what_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    with until_interrupted():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
