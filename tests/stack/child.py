"""Tells all about itself and ends when it is told to: `python -m tests.stack.child EXIT_STATUS`."""

import json
import os
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(int(sys.argv[1])))
    facts = {
        "arguments": sys.argv,
        "command_line": Path("/proc/self/cmdline").read_text().rstrip("\0").split("\0"),
        "folder": str(Path.cwd()),
        "path": sys.path[0],
        "environment": dict(os.environ),
        "session": os.getsid(0),
        "input": sys.stdin.read(),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "has_preloaded": "colorsys" in sys.modules,  # which nobody imports, coverage included
        "parent": os.getppid(),
    }
    print(json.dumps(facts), flush=True)
    while True:
        signal.pause()
