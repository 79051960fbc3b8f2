"""Codes of authenticator apps, by the RFC's own numbers."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from pyotp import TOTP

from services.auth.adapters.one_time_codes_pyotp import PyotpCodes

# RFC 6238, Appendix B, of SHA-1: of its eight digits an app shows the last six.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_CODES = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES.items())
def test_the_codes_are_those_of_the_rfc(seconds, code):
    now = datetime.fromtimestamp(seconds, UTC)
    for off, step in ((0, seconds // 30), (30, seconds // 30), (-30, seconds // 30), (60, None), (-60, None)):
        if seconds + off >= 30:
            assert PyotpCodes().step(RFC_SECRET, code[2:], now + timedelta(seconds=off)) == step


def test_another_code_is_of_no_step():
    now = datetime(2026, 3, 1, tzinfo=UTC)
    right = TOTP(RFC_SECRET).at(now)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    assert PyotpCodes().step(RFC_SECRET, wrong, now) is None


def test_every_secret_is_another_and_has_160_bits():
    secrets = {PyotpCodes().new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}


def test_an_app_reads_from_the_uri_whose_secret_it_is():
    uri = urlsplit(PyotpCodes().uri(RFC_SECRET, "ann+qpo@example.com"))
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/QPO:ann+qpo@example.com")
    # What it does not name is what all apps take: SHA-1, six digits, 30 s.
    assert parse_qs(uri.query) == {"secret": [RFC_SECRET], "issuer": ["QPO"]}
