"""What a process looks through for garbage once it serves."""

import subprocess
import sys

from chassis.collector import YOUNG

SETTLED = """
import gc
from chassis.collector import settle
before = gc.get_threshold()[0]
kept = [[] for _ in range(5_000)]
settle()
assert not any(each is kept for each in gc.get_objects())
print(before, gc.get_threshold()[0], gc.get_freeze_count())
"""


def test_what_is_there_before_the_first_call_is_not_looked_through_again():
    told = subprocess.run([sys.executable, "-c", SETTLED], capture_output=True, text=True, check=True).stdout.split()
    before, after, kept = map(int, told)
    assert before < after == YOUNG
    assert kept > 5_000
