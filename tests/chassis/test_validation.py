import pytest
from grpc import StatusCode

from chassis import validation
from chassis.methods import methods_of
from chassis.validation import Validation
from tests.chassis.gadget import DESCRIPTOR, Workshop, gadget, ingested, unary, workshop
from tests.chassis.refusals import refused


async def test_a_broken_rule_names_its_field_by_path_and_index(serve_in_process, tokens):
    shop = Workshop()
    call = unary(await serve_in_process(workshop(shop)))
    refusal = await refused(call(gadget("", "A", "b"), metadata=tokens.metadata(scopes=["write:gadget"])))
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert [field for field, _ in refusal.violations] == ["name", "parts[1].label"]
    assert "^[A-Z]+$" in refusal.violations[1][1]
    assert "parts[1].label" in refusal.message
    assert not shop.entered.is_set()


async def test_every_message_of_a_clients_stream_is_held_to_the_rules(serve_in_process, anyone):
    call = ingested(await serve_in_process(workshop(Workshop())))
    refusal = await refused(call(iter([gadget("good"), gadget("")]), metadata=anyone))
    assert refusal.code is StatusCode.INVALID_ARGUMENT
    assert [field for field, _ in refusal.violations] == ["name"]


def test_every_rule_is_compiled_before_the_first_call(monkeypatch):
    seen = []
    house = Validation()

    class Spy:
        def collect_violations(self, message):
            seen.append(message.DESCRIPTOR.full_name)
            return []

    monkeypatch.setattr(house, "_validator", Spy())
    house.warm(methods_of(DESCRIPTOR))
    assert seen == ["qpo.gadget.v1.Gadget"] * len(DESCRIPTOR.methods)


@pytest.mark.parametrize(("value", "shown"), [(3, "3"), ("AAPL", '"AAPL"'), (True, "true"), (False, "false")])
def test_a_maps_key_stands_in_brackets(value, shown):
    assert validation._key(value) == shown
