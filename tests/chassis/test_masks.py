"""What a mask may name stands in the contract."""

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from qpo.options.v1 import options_pb2

from chassis.errors import ErrorTable, FieldNotMutable
from chassis.masks import mask_of
from chassis.methods import UnannotatedMethod, methods_of
from chassis.validation import Validation

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
FIELD = descriptor_pb2.FieldDescriptorProto


def service_of(package, paths):
    """A service whose one method updates a box by a mask; the contract states these paths."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}/box.proto", package=package, syntax="proto3")
    file.dependency.extend(["qpo/options/v1/options.proto", "google/protobuf/field_mask.proto"])
    lid = file.message_type.add(name="Lid")
    lid.field.add(name="colour", number=1, type=FIELD.TYPE_STRING)
    lid.field.add(name="inner", number=2, type=FIELD.TYPE_MESSAGE, type_name=f".{package}.Lid")
    box = file.message_type.add(name="Box")
    box.field.add(name="id", number=1, type=FIELD.TYPE_STRING)
    box.field.add(name="lid", number=2, type=FIELD.TYPE_MESSAGE, type_name=f".{package}.Lid")
    box.field.add(
        name="spares", number=3, type=FIELD.TYPE_MESSAGE, type_name=f".{package}.Lid", label=FIELD.LABEL_REPEATED
    )
    request = file.message_type.add(name="UpdateBoxRequest")
    request.field.add(name="box", number=1, type=FIELD.TYPE_MESSAGE, type_name=f".{package}.Box")
    mask = ".google.protobuf.FieldMask"
    request.field.add(name="update_mask", number=2, type=FIELD.TYPE_MESSAGE, type_name=mask)
    kind = f".{package}.UpdateBoxRequest"
    method = file.service.add(name="BoxService").method.add(name="UpdateBox", input_type=kind, output_type=kind)
    method.options.Extensions[options_pb2.access].any_principal = True
    method.options.Extensions[options_pb2.mutable_paths].extend(paths)
    descriptor_pool.Default().Add(file)
    return descriptor_pool.Default().FindServiceByName(f"{package}.BoxService")


BOX = service_of("qpo.box.v1", ["lid", "spares"])
UPDATE = methods_of(BOX)[0]


def request(*paths):
    kind = message_factory.GetMessageClass(BOX.methods[0].input_type)
    return kind(update_mask={"paths": paths})


def test_a_mask_admits_what_is_stated_and_the_fields_of_a_message_that_is_stated():
    assert mask_of(BOX.methods[0]).paths == {"lid", "lid.colour", "lid.inner", "spares"}


@pytest.mark.parametrize("path", ["id", "*", "", "lid.", "lid.none", "lid.inner.colour", "spares.colour", "box", "Lid"])
def test_another_path_is_refused_while_decoding_and_named(path):
    with pytest.raises(FieldNotMutable) as caught:
        Validation().decode(UPDATE, request("lid", path).SerializeToString())
    answer = ErrorTable("box.qpo", {}).answer(caught.value)
    assert (answer.code, answer.reason, answer.metadata) == (INVALID_ARGUMENT, "FIELD_NOT_MUTABLE", {"path": path})
    assert answer.violations == [("update_mask", f"`{path}` can't be updated: name lid, spares or parts of these")]


def test_no_mask_and_a_mask_of_what_may_change_pass():
    for asked in (request(), request("lid", "lid.colour")):
        assert Validation().decode(UPDATE, asked.SerializeToString()) == asked


def test_a_method_with_a_mask_and_no_stated_path_stops_the_start():
    with pytest.raises(UnannotatedMethod, match=r"mutable_paths.*qpo.careless.v1.BoxService.UpdateBox"):
        methods_of(service_of("qpo.careless.v1", []))


@pytest.mark.parametrize("path", ["colour", "lid.none", "spares.colour"])
def test_a_stated_path_that_leads_nowhere_stops_the_start(path):
    with pytest.raises(LookupError, match=path):
        methods_of(service_of(f"qpo.lost{path.replace('.', '')}.v1", [path]))
