"""A measurement in a Python process of its own, started anew with one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

# Of CPU: a contender that needs more is not measured.
MOST_SECONDS = 60.0
# What numerical libraries ask for their number of threads, when they are first imported.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")


class NotMeasured(Exception):
    """A contender took too long, failed, or found something else."""


def apart(module: str, *arguments: str, seconds: float = 0.0) -> dict[str, Any]:
    """What `python -m module arguments seconds` prints last, as JSON with the median seconds of CPU as `cpu`.

    The arguments begin with the contender's name; `seconds` is about how long it measures. Raises NotMeasured.
    """
    whose = " ".join(arguments)
    command = [sys.executable, "-m", module, *arguments, str(seconds)]
    # Twice the time, for a machine that does other things too: what counts is CPU.
    patience = 2 * (MOST_SECONDS + seconds)
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=patience, check=True)
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"{whose} is not done after {patience:.0f} s") from None
    except subprocess.CalledProcessError as failed:
        raise NotMeasured(f"{whose} failed: {failed.stderr.strip()[-500:]}") from None
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if told["cpu"] > MOST_SECONDS:
        raise NotMeasured(f"{whose} needs {told['cpu']:.0f} s of CPU")
    return told
