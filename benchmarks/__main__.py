"""`make bench`: prints one line per figure, `name value unit`; progress and complaints go to standard error."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks import audit, batch, edge, encryption, guessing, reading, resident, starting, tracing, transcoding
from benchmarks.batch import NotSolved
from benchmarks.cell import CountsDiffer
from benchmarks.figures import Figure
from benchmarks.load import H2LOAD, NothingAnswered, generator
from benchmarks.scale import FULL, QUICK, Scale
from benchmarks.world import World, world

# Of figures that need a mesh, those that want GetPortfolio answered from PostgreSQL and those that want it from L1.
Measurement = Callable[[World, Scale], Iterator[Figure]]
ALONE: Mapping[str, Callable[[Scale], Iterator[Figure]]] = {
    "start": starting.figures,
    "tracing": tracing.figures,
    "encryption": encryption.figures,
    "batch_process": batch.process,
    "audit": audit.figures,
}
UNCACHED: Mapping[str, Measurement] = {
    "reading": reading.figures,
    "edge_postgres": lambda world, scale: edge.reads(world, scale, "postgres"),
}
CACHED: Mapping[str, Measurement] = {
    "edge_l1": lambda world, scale: edge.reads(world, scale, "l1"),
    "edge": edge.figures,
    "transcoding": transcoding.figures,
    "batch": batch.figures,
    "resident": resident.figures,
    "guessing": guessing.figures,
}
NAMES = (*ALONE, *UNCACHED, *CACHED)


def main() -> int:
    """Measures what is asked for; returns 1 if something could not be measured."""
    wanted = _arguments()
    scale = QUICK if wanted.quick else FULL
    if generator() != H2LOAD:
        _say(f"{H2LOAD} is not on the PATH (Debian: nghttp2-client): {generator()} sends the load, using more CPU")
    began, failed = time.monotonic(), False
    for name, figures in _measurements(wanted.only or NAMES, scale):
        _say(f"{name} …")
        try:
            for figure in figures:
                print(figure.line(), flush=True)
        except (CountsDiffer, NothingAnswered, NotSolved) as error:
            failed = True
            _say(f"{name} could not be measured: {error}")
    _say(f"{time.monotonic() - began:.0f} s")
    return int(failed)


def _measurements(names: Sequence[str], scale: Scale) -> Iterator[tuple[str, Iterator[Figure]]]:
    """Yields what is to be measured, each in the world it needs."""
    for name in ALONE:
        if name in names:
            yield name, ALONE[name](scale)
    for measurements, cache in ((UNCACHED, "off"), (CACHED, "on")):
        asked = [name for name in measurements if name in names]
        if asked:
            with world(cache) as here:
                yield from ((name, measurements[name](here, scale)) for name in asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: tells that it runs, no more")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help=f"of {', '.join(NAMES)}")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
