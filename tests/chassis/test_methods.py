import pytest

from chassis.methods import Admission, UnannotatedMethod, methods_of
from chassis.serve import Server, Service
from tests.chassis.gadget import DESCRIPTOR, ERRORS, Workshop, service_of, workshop
from tests.fixtures.serving import service_settings


def test_a_server_with_an_unannotated_method_refuses_to_start_and_names_it(tokens):
    rules = [("Made", {"open": True}), ("Forgotten", None), ("Shut", {"open": False}), ("Blank", {"scope": ""})]
    descriptor = service_of("qpo.forgetful.v1", [(name, False, False, access) for name, access in rules])
    with pytest.raises(UnannotatedMethod) as caught:
        Server(service_settings(), [Service(descriptor, Workshop(), ERRORS)], tokens.keys)
    for name in ("Forgotten", "Shut", "Blank"):
        assert f"qpo.forgetful.v1.GadgetService.{name}" in str(caught.value)
    assert "Made" not in str(caught.value)


def test_a_foreign_package_needs_no_annotation():
    descriptor = service_of("foreign.v1", [("Made", False, False, None)])
    assert [m.admission for m in methods_of(descriptor)] == [Admission.OPEN]


def test_a_server_whose_servicer_lacks_a_method_refuses_to_start(tokens):
    with pytest.raises(TypeError, match="no make_gadget for /qpo"):
        Server(service_settings(), [workshop(object())], tokens.keys)


def test_a_method_is_what_its_contract_says():
    made, *_, traded = methods_of(DESCRIPTOR)
    assert (made.path, made.attribute, made.scope) == (
        "/qpo.gadget.v1.GadgetService/MakeGadget",
        "make_gadget",
        "write:gadget",
    )
    assert (made.kind, traded.kind) == ("unary", "bidi_stream")


@pytest.mark.parametrize(
    ("name", "attribute"), [("GetJwks", "get_jwks"), ("WhoAmI", "who_am_i"), ("GetURLOf2Pages", "get_url_of2_pages")]
)
def test_a_methods_name_becomes_its_servicers(name, attribute):
    descriptor = service_of(f"foreign.{name.lower()}.v1", [(name, False, False, None)])
    assert methods_of(descriptor)[0].attribute == attribute


def test_only_a_subscription_is_endless():
    endless = [m.name for m in methods_of(DESCRIPTOR) if m.endless]
    assert endless == ["SubscribeGadgets"]
