import os
import signal
import threading
import time

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


def test_an_interrupt_that_is_swallowed_strikes_again() -> None:
    began = time.monotonic()
    with until_interrupted():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            threading.Event().wait(30)
    assert time.monotonic() - began < 20


def test_an_interrupt_waits_until_a_step_of_grpc_is_whole() -> None:
    steps: list[str] = []
    world = {"__name__": "grpc._channel", "steps": steps, "strike": lambda: os.kill(os.getpid(), signal.SIGINT)}
    exec("def step():\n    strike()\n    steps.append('whole')", world)  # noqa: S102
    with until_interrupted():
        world["step"]()  # type: ignore[operator]
        threading.Event().wait(30)
        steps.append("waited in vain")
    assert steps == ["whole"]


def test_afterwards_ctrl_c_is_what_it_was_and_nothing_strikes_any_more() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)]
    with until_interrupted():
        assert signal.getsignal(signal.SIGINT) is not before[0]
        os.kill(os.getpid(), signal.SIGINT)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)] == before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0.0
