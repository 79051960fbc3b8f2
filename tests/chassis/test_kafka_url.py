"""What a url of Kafka says, and what of it is refused."""

import pytest
from pydantic import BaseModel, ValidationError

from chassis.kafka_url import KafkaUrl, connection, is_kafka


class Told(BaseModel):
    bus_url: KafkaUrl


def test_in_clear_text_only_the_brokers_are_named():
    assert connection("kafka://one:9092,two:9092") == {"bootstrap.servers": "one:9092,two:9092"}


def test_over_tls_the_brokers_prove_themselves_to_whomever_the_system_trusts():
    assert connection("kafkas://one:9093") == {"bootstrap.servers": "one:9093", "security.protocol": "SSL"}


def test_a_password_goes_over_tls_alone_by_a_challenge_unless_another_way_is_named():
    found = connection("kafkas://us%40er:pa%2Fss@one:9096,two:9096?ssl.ca.location=/etc/ca.pem")
    assert found == {
        "bootstrap.servers": "one:9096,two:9096",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "us@er",
        "sasl.password": "pa/ss",
        "ssl.ca.location": "/etc/ca.pem",
    }
    assert connection("kafkas://u:p@one:9096?sasl.mechanism=PLAIN")["sasl.mechanism"] == "PLAIN"


def test_a_client_may_show_a_certificate():
    found = connection("kafkas://one:9094?ssl.certificate.location=/own.pem&ssl.key.location=/own.key")
    assert (found["ssl.certificate.location"], found["ssl.key.location"]) == ("/own.pem", "/own.key")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("kafka://user:sesame@one:9092", "in clear text"),
        ("kafka://one:9092?ssl.ca.location=/ca.pem", "in clear text"),
        ("kafkas://user@one:9093", "goes with a password"),
        ("kafkas://one:9093?sasl.mechanism=PLAIN", "goes with USER:PASSWORD"),
        ("kafkas://user:sesame@one:9093?sasl.mechanism=GSSAPI", "must be one of"),
        ("kafkas://user:sesame@one:9093?enable.ssl.certificate.verification=false", "alone"),
        ("kafkas://one:9093?ssl.certificate.location=/own.pem", "go together"),
        ("kafkas://user:sesame@", "HOST:PORT"),
        ("kafkas://user:sesame@one:9093/topic", "HOST:PORT"),
        ("https://user:sesame@one", "HOST:PORT"),
    ],
)
def test_what_a_url_may_not_say_is_refused_without_its_secrets(url, said):
    with pytest.raises(ValidationError, match=said) as refused:
        Told(bus_url=url)
    assert not any("sesame" in problem["msg"] for problem in refused.value.errors())


def test_only_kafkas_urls_are_kafkas():
    assert [is_kafka(url) for url in ("kafka://a:1", "kafkas://a:1", "redis://a:1", "unix:///a")] == [
        True,
        True,
        False,
        False,
    ]
