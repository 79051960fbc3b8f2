"""What a url of Kafka says, in librdkafka's words.

    kafka://HOST:PORT,…                                                in clear text, for a laptop
    kafkas://[USER:PASSWORD@]HOST:PORT,…[?ssl.ca.location=FILE&…]      over TLS; with a password by SASL too

TLS is said by the scheme, as in `rediss://`. The brokers' certificates must be theirs by name, and of an authority that
the system trusts or `ssl.ca.location` holds. A client proves itself by a password (`sasl.mechanism`,
SCRAM-SHA-512 unless another is named) or by `ssl.certificate.location` and `ssl.key.location`.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, SecretStr

PLAIN, SECURE = "kafka", "kafkas"
FILES = ("ssl.ca.location", "ssl.certificate.location", "ssl.key.location")
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")


def is_kafka(url: str) -> bool:
    """Whether the bus at a url is a Kafka."""
    return url.startswith((f"{PLAIN}://", f"{SECURE}://"))


def connection(url: str) -> dict[str, str]:
    """Returns the settings to connect with. Raises ValueError, which holds nothing of the url's secrets."""
    parts = urlsplit(url)
    servers, said = parts.netloc.rpartition("@")[2], dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme not in {PLAIN, SECURE} or not servers or parts.path not in {"", "/"}:
        raise ValueError("must be kafka://HOST:PORT,… or kafkas://HOST:PORT,…")
    settings = {"bootstrap.servers": servers}
    if parts.scheme == SECURE:
        return settings | _secured(parts, said)
    if said or "@" in parts.netloc:
        raise ValueError("kafka:// is in clear text and takes neither a password nor settings: say kafkas://")
    return settings


def _secured(parts: SplitResult, said: dict[str, str]) -> dict[str, str]:
    unknown = said.keys() - {*FILES, "sasl.mechanism"}
    if unknown:
        raise ValueError(f"of settings a url may have {', '.join((*FILES, 'sasl.mechanism'))} alone")
    if ("ssl.certificate.location" in said) != ("ssl.key.location" in said):
        raise ValueError("ssl.certificate.location and ssl.key.location go together")
    mechanism = said.pop("sasl.mechanism", None)
    if not parts.username:
        if mechanism is not None:
            raise ValueError("sasl.mechanism goes with USER:PASSWORD@")
        return {"security.protocol": "SSL"} | said
    if not parts.password:
        raise ValueError("a user goes with a password: USER:PASSWORD@")
    mechanism = mechanism or MECHANISMS[0]
    if mechanism not in MECHANISMS:
        raise ValueError(f"sasl.mechanism must be one of {', '.join(MECHANISMS)}")
    who = {"sasl.username": unquote(parts.username), "sasl.password": unquote(parts.password)}
    return {"security.protocol": "SASL_SSL", "sasl.mechanism": mechanism} | who | said


def _understood(url: SecretStr) -> SecretStr:
    connection(url.get_secret_value())
    return url


KafkaUrl = Annotated[SecretStr, AfterValidator(_understood)]
