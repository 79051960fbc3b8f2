"""Generate gen/go and gen/ts from the image of the contracts: `python -m tools.generate_clients [--out DIR]`.

buf runs one template of tools/buf per language, with plugins that the language's own lock pins. A language without its
tools on this machine is left as it is, and named.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGE = ROOT / "gen/descriptors/qpo.binpb"
CLIENT = ROOT / "clients/typescript"


@dataclass(frozen=True)
class Language:
    """What is generated of which files, and what it takes."""

    program: str
    paths: Sequence[str]
    plugin: Path | None = None

    def lacks(self) -> str:
        """What is missing to generate it here; empty if nothing is."""
        if shutil.which(self.program) is None:
            return f"{self.program} is not on the PATH"
        if self.plugin is not None and not self.plugin.exists():
            return f"{self.plugin.relative_to(ROOT)} is not there: make interop-ts sets it up"
        return ""


# Of TypeScript also the details of errors, which no contract of ours imports; Go has them in a module of its own.
LANGUAGES = {
    "go": Language("go", ["qpo"]),
    "ts": Language("node", ["qpo", "google/rpc/error_details.proto"], CLIENT / "node_modules/@bufbuild/protoc-gen-es"),
}


def run_buf(template: Path, out: Path, paths: Sequence[str]) -> None:
    """Run one template over the image. Raises CalledProcessError if buf refuses."""
    buf = Path(sys.executable).with_name("buf")
    chosen = [argument for path in paths for argument in ("--path", path)]
    command = [
        str(buf),
        "generate",
        f"{IMAGE}#format=binpb",
        "--template",
        str(template),
        "--output",
        str(out),
        *chosen,
    ]
    subprocess.run(command, cwd=ROOT, check=True)


def generate(name: str, out: Path) -> None:
    """Write out/<name> anew; what is not generated there, such as gen/go/go.mod, stays."""
    for stale in (out / name).rglob("*.*"):
        if stale.name.endswith((".pb.go", "_pb.ts")):
            stale.unlink()
    run_buf(ROOT / f"tools/buf/{name}.yaml", out, LANGUAGES[name].paths)


def generate_what_can_be(out: Path) -> None:
    """Write out/go and out/ts, as far as their tools are here; say which are not."""
    for name, language in LANGUAGES.items():
        if lack := language.lacks():
            print(f"generate: gen/{name} is left as it is, since {lack}")
        else:
            generate(name, out)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "gen")
    generate_what_can_be(parser.parse_args().out)


if __name__ == "__main__":
    main()
