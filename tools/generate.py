"""Generate everything under gen/ from the contracts: `python -m tools.generate [--out DIR]`.

One protoc call writes Python, its type stubs and the descriptor set. Nothing third-party is committed but
buf/validate's Python module: google/api, google/rpc and google/type are read from googleapis-common-protos,
buf/validate from the descriptor inside protovalidate.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

import google.api
import grpc_tools
import yaml
from google.protobuf import descriptor_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
# What the edge must be able to print although no contract of ours imports it.
ERROR_DETAILS = "google/rpc/error_details.proto"


class Plainly(yaml.SafeDumper):
    """Writes what is the same in two places twice, since not every reader of OpenAPI follows anchors."""

    def ignore_aliases(self, _data: object) -> bool:
        """True, of anything."""
        return True


def buf_validate_descriptors() -> bytes:
    """The FileDescriptorSet of buf/validate/validate.proto with what it imports."""
    files = descriptor_pb2.FileDescriptorSet()
    files.file.add().ParseFromString(validate_pb._DESC.proto.to_binary())
    return files.SerializeToString()


def include_dirs() -> list[str]:
    """The folders that installed packages ship .proto files in: google/api and google/protobuf."""
    googleapis = Path(next(iter(google.api.__path__))).parent.parent
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    return [f"-I{googleapis}", f"-I{well_known}"]


def run_protoc(out: Path) -> None:
    """Write out/python and out/descriptors/qpo.binpb."""
    python, descriptors = out / "python", out / "descriptors"
    python.mkdir(parents=True, exist_ok=True)
    descriptors.mkdir(parents=True, exist_ok=True)
    contracts = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    with tempfile.NamedTemporaryFile(suffix=".binpb") as validate:
        validate.write(buf_validate_descriptors())
        validate.flush()
        # google/protobuf/*.proto would otherwise be looked for in the given set alone.
        arguments = ["protoc", f"-I{PROTO}", *include_dirs(), f"--descriptor_set_in={validate.name}"]
        outputs = [f"--{kind}_out={python}" for kind in ("python", "pyi")]
        plugin = Path(sys.executable).with_name("protoc-gen-mypy_grpc")
        services = [f"--grpc_python_out={python}", f"--plugin={plugin}", f"--mypy_grpc_out=quiet:{python}"]
        image = [
            f"--descriptor_set_out={descriptors / 'qpo.binpb'}",
            "--include_imports",
            "--include_source_info",
            *contracts,
            ERROR_DETAILS,
        ]
        for call in (
            [*arguments, *outputs, *services, *contracts],
            [*arguments, *outputs, "buf/validate/validate.proto"],
            [*arguments, *image],
        ):
            if protoc.main(call) != 0:
                sys.exit("generate: protoc refused the contracts; see above")


def keep_services_only(python: Path) -> None:
    """Remove the gRPC stubs of files without a service: they are empty."""
    for stub in python.rglob("*_pb2_grpc.py"):
        if "Stub" not in stub.read_text():
            stub.unlink()
            stub.with_suffix(".pyi").unlink(missing_ok=True)


def write_openapi(out: Path) -> None:
    """Write out/openapi/qpo.yaml and the page that shows it."""
    # The emitter reads the options that protoc has just generated.
    openapi, docs_page = (importlib.import_module(f"tools.{name}") for name in ("openapi", "docs_page"))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    document = openapi.emit(openapi.read_image(out / "descriptors/qpo.binpb"), version)
    folder = out / "openapi"
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.dump(document, Dumper=Plainly, sort_keys=False, allow_unicode=True, width=120)
    (folder / "qpo.yaml").write_text(text)
    (folder / "index.html").write_text(docs_page.draw(document))


def write_edge_fields(out: Path) -> None:
    """Write out/edge/fields.lua."""
    edge_fields, openapi = (importlib.import_module(f"tools.{name}") for name in ("edge_fields", "openapi"))
    folder = out / "edge"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fields.lua").write_text(edge_fields.emit(openapi.read_image(out / "descriptors/qpo.binpb")))


def write_edge_in_pods(out: Path) -> None:
    """Write out/edge/in_pods.yaml, how Kubernetes gets it, and out/edge/in_containers.yaml."""
    edge_in_pods = importlib.import_module("tools.edge_in_pods")
    (out / "kustomization.yaml").write_text(edge_in_pods.KUSTOMIZATION, encoding="utf-8")
    (out / "edge/in_pods.yaml").write_text(edge_in_pods.emit(), encoding="utf-8")
    (out / "edge/in_containers.yaml").write_text(edge_in_pods.emit_alone(), encoding="utf-8")


def generate(out: Path) -> None:
    """Write the whole of gen/ to `out`."""
    for folder in ("python/qpo", "python/buf"):
        shutil.rmtree(out / folder, ignore_errors=True)
    run_protoc(out)
    keep_services_only(out / "python")
    write_openapi(out)
    write_edge_fields(out)
    write_edge_in_pods(out)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "gen")
    generate(parser.parse_args().out)


if __name__ == "__main__":
    main()
