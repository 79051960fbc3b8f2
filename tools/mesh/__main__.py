"""Write what of istio/ follows from the contracts and the table of callers: `python -m tools.mesh [--out DIR]`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import yaml

from stack.addresses import SERVICES
from stack.identities import EDGE
from tools.mesh.callers import policy_of, tokens_of
from tools.mesh.names import Manifest
from tools.mesh.replicas import replicas_of
from tools.mesh.routes import delayed_routes_of, routes_of
from tools.mesh.scopes import scope_of

ROOT = Path(__file__).resolve().parents[2] / "istio"
_WRITTEN = "# Written by `make gen` from the contracts and stack/identities.py.\n"


def written() -> dict[str, str]:
    """Returns every written file's content, by its path under istio/."""
    files = {"security/tokens-are-signed-by-auth.yaml": write(tokens_of(service) for service in SERVICES)}
    for service in SERVICES:
        files[f"security/who-may-call-{service}.yaml"] = write([policy_of(service)])
        files[f"traffic/calls-of-{service}-are-routed-by-method.yaml"] = write([routes_of(service)])
        files[f"traffic/replicas-of-{service}-fail-alone.yaml"] = write([replicas_of(service)])
        for share in (10, 50):
            canary = routes_of(service, (100 - share, share))
            files[f"examples/{share}-of-100-calls-go-to-{service}-v2.yaml"] = write([canary])
    late = "examples/one-call-of-portfolio-in-a-thousand-is-5-seconds-late.yaml"
    files[late] = write([delayed_routes_of("portfolio")])
    for name in (*SERVICES, EDGE):
        files[f"scopes/what-{name}-sees.yaml"] = write([scope_of(name)])
    return files


def write(manifests: Iterable[Manifest]) -> str:
    """Returns the manifests as one file's content."""
    dumped = (yaml.dump(each, Dumper=_Plain, sort_keys=False, width=120) for each in manifests)
    return _WRITTEN + "---\n".join(dumped)


class _Plain(yaml.SafeDumper):
    """Lists inside what holds them, and no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def main() -> None:
    """Writes the files."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path, default=ROOT)
    out: Path = arguments.parse_args().out
    for name, text in written().items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
