"""Codes as authenticator apps make them, by pyotp: HMAC-SHA-1, 6 digits, steps of 30 s, as all apps have them."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from pyotp import TOTP
from pyotp.exceptions import OTPVerificationError

from services.auth.domain.second_factors import new_recovery_codes

ISSUER = "QPO"
_SECRET_BYTES = 20  # as long as what SHA-1 gives (RFC 4226 §4)
_EITHER_WAY = 1  # step that a clock may be off


class PyotpCodes:
    """The port OneTimeCodes, its randomness the operating system's."""

    def new_secret(self) -> str:
        """160 random bits in base32, 32 characters."""
        return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()

    def new_recovery_codes(self) -> list[str]:
        """Ten codes that nobody can guess."""
        return new_recovery_codes(secrets.token_bytes)

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        """The step that a plain code is of: the present one, or the one before or behind; None if of none."""
        try:
            return TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=_EITHER_WAY)
        except OTPVerificationError:
            return None

    def uri(self, secret: str, email: str) -> str:
        """The secret as apps read it from a QR code."""
        return TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
