"""The committed descriptor set, as the tables read it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from google.protobuf import descriptor_pb2

from tools.comments import Comments
from tools.openapi import read_image

IMAGE = Path(__file__).resolve().parents[2] / "gen/descriptors/qpo.binpb"


@cache
def image() -> descriptor_pb2.FileDescriptorSet:
    """Every contract with its comments."""
    return read_image(IMAGE)


@cache
def comments() -> Comments:
    """The prose of the contracts."""
    return Comments(image())


def ours() -> Iterator[descriptor_pb2.FileDescriptorProto]:
    """The files of our own packages."""
    return (file for file in image().file if file.package.startswith("qpo."))


def service_of(file: descriptor_pb2.FileDescriptorProto) -> str:
    """`portfolio` of `qpo.portfolio.v1`."""
    return file.package.split(".")[1]
