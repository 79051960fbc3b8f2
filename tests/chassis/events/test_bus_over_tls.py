"""The bus on a real Kafka that speaks TLS: who is let in, and whom a client believes."""

from urllib.parse import quote

import pytest

from chassis.bus import BusUnavailable
from chassis.buses import open_bus
from tests.chassis.events.conftest import everything, message
from tests.fixtures.kafka import PASSWORD, USER


def knowing(kafka, trusting, password=PASSWORD):
    return f"kafkas://{USER}:{quote(password, safe='')}@127.0.0.1:{kafka.password}?ssl.ca.location={trusting.authority}"


def showing(kafka, trusting, certificate=None):
    shown = f"&ssl.certificate.location={certificate}&ssl.key.location={certificate}" if certificate else ""
    return f"kafkas://127.0.0.1:{kafka.certificate}?ssl.ca.location={trusting.authority}{shown}"


async def carried(url, topic):
    async with open_bus(url) as bus:
        await bus.publish(topic, [sent := message(topic)], "1")
        return await everything(bus, topic) == [sent]


async def test_whoever_knows_the_password_writes_and_reads(kafka, certificates, topic):
    assert await carried(knowing(kafka, certificates), topic)


async def test_whoever_shows_a_certificate_writes_and_reads(kafka, certificates, topic):
    assert await carried(showing(kafka, certificates, certificates.folder / "portfolio.pem"), topic)


async def test_another_password_is_refused(kafka, certificates, topic):
    with pytest.raises(BusUnavailable):
        await carried(knowing(kafka, certificates, "guessed"), topic)


async def test_whoever_shows_no_certificate_is_refused(kafka, certificates, topic):
    with pytest.raises(BusUnavailable):
        await carried(showing(kafka, certificates), topic)


async def test_a_broker_with_the_certificate_of_a_stranger_is_not_believed(kafka, certificates, strangers, topic):
    with pytest.raises(BusUnavailable):
        await carried(knowing(kafka, strangers), topic)


async def test_a_broker_that_goes_by_another_name_is_not_believed(kafka, certificates, topic):
    with pytest.raises(BusUnavailable):
        await carried(knowing(kafka, certificates).replace("@127.0.0.1:", "@127.1:"), topic)  # the same address


async def test_clear_text_is_not_understood(kafka, topic):
    with pytest.raises(BusUnavailable):
        await carried(f"kafka://127.0.0.1:{kafka.password}", topic)
