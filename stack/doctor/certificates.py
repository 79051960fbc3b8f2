"""Whether certificates count, say who they are for, and have a key that is theirs and closed to others."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stack.doctor.edge import Edge
from stack.doctor.finding import Finding, fine, unknown, warning, wrong
from stack.doctor.patient import Patient
from stack.identities import EDGE, NAMES, PUBLIC, Identity

if TYPE_CHECKING:
    from cryptography import x509

# Certificates are made anew when a third of their life is left: half of that, and it was not done.
_LATE = 1 / 6
_RENEWED = "qpo down, then qpo up --tls: each start makes them anew"
# Of a public certificate.
_SOON = datetime.timedelta(days=14)


def of_the_machine(patient: Patient, now: datetime.datetime | None = None) -> Iterator[Finding]:
    """Those of the authority of this machine, where it has made some."""
    folder = patient.layout.secrets("tls")
    if not (folder / "authority.pem").exists():
        yield unknown("certificates", "none are used here: qpo up --tls makes them")
        return
    now = now or datetime.datetime.now(datetime.UTC)
    found = list(_of_folder(patient, folder, now))
    yield from found or [fine("certificates", f"{len(NAMES)} count, are for whom they should be, and are renewed")]


def _of_folder(patient: Patient, folder: Path, now: datetime.datetime) -> Iterator[Finding]:
    from cryptography import x509

    authority = x509.load_pem_x509_certificate((folder / "authority.pem").read_bytes())
    if authority.not_valid_after_utc < now:
        yield wrong("certificates", "the authority of this machine has ended", _RENEWED + "; trust the new one")
    for name in NAMES:
        identity = Identity(name, folder)
        if not identity.file.exists():
            yield wrong("certificates", f"{name} has none: {identity.file}", _RENEWED)
            continue
        try:
            yield from _of(patient, identity, authority, now)
        except ValueError:
            yield wrong("certificates", f"{identity.file} cannot be read", _RENEWED)
    public = Identity(PUBLIC, folder)
    if public.file.exists():
        yield from _expiry(public.file, x509.load_pem_x509_certificates(public.file.read_bytes())[0], now, _SOON)


def _of(patient: Patient, identity: Identity, authority: x509.Certificate, now: datetime.datetime) -> Iterator[Finding]:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    stored = identity.file.read_bytes()
    certificate = x509.load_pem_x509_certificate(stored)
    if load_pem_private_key(stored, None).public_key() != certificate.public_key():
        yield wrong("certificates", f"{identity.file}: the key is not the certificate's", _RENEWED)
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError):
        yield wrong("certificates", f"{identity.file} is of another authority than authority.pem", _RENEWED)
    if missing := _wanted(identity) - _names(certificate):
        yield wrong("certificates", f"{identity.file} does not name {', '.join(sorted(missing))}", _RENEWED)
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    # Of a mesh that is down they may have ended: it makes others when it starts.
    if patient.runs:
        yield from _expiry(identity.file, certificate, now, life * _LATE)


def _wanted(identity: Identity) -> set[str]:
    here = {"localhost", "127.0.0.1", "::1"} if identity.name == EDGE else set()
    return {identity.uri, identity.host, *here}


def _names(certificate: x509.Certificate) -> set[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(each.value) for each in names}


def _expiry(
    file: Path | str, certificate: x509.Certificate, now: datetime.datetime, soon: datetime.timedelta
) -> Iterator[Finding]:
    ends = certificate.not_valid_after_utc
    told = f"{ends:%Y-%m-%d %H:%M} UTC"
    if ends < now:
        yield wrong("certificates", f"{file} ended at {told}", _RENEWED)
    elif certificate.not_valid_before_utc > now:
        yield wrong("certificates", f"{file} does not count before {certificate.not_valid_before_utc}", "set the clock")
    elif ends - now < soon:
        yield warning("certificates", f"{file} ends at {told} and was not renewed", "see the owner's log: why not?")


def of_edge(there: Edge, now: datetime.datetime | None = None) -> Iterator[Finding]:
    """What an edge elsewhere shows, and whether it is believed."""
    if not there.encrypted:
        yield unknown("certificates", f"{there.url} is clear text: whoever is on the way reads along")
        return
    shown, refusal = there.certificate()
    if refusal:
        yield wrong("certificates", f"{there.url}: {refusal}", "--ca-file names who vouches for it; or renew it there")
    if shown is None:
        return
    now = now or datetime.datetime.now(datetime.UTC)
    found = list(_expiry(there.url, shown, now, _SOON if there.authority is None else datetime.timedelta(hours=2)))
    if not refusal:
        yield from found or [fine("certificates", f"believed, and counts until {shown.not_valid_after_utc} UTC")]
