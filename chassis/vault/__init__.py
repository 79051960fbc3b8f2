"""Encryption at rest: fields sealed under keys of their tenants, which a key management service wraps.

kms                what is needed of a key management service: kms_local, a file; kms_aws, AWS KMS
envelope           a sealed field, bound to its place
blind_index        equality of what is sealed
keyring_postgres   wrapped keys in a service's schema
vault              sealing, opening, destroying
"""

from chassis.vault.blind_index import BlindIndex
from chassis.vault.column import Before, Column
from chassis.vault.envelope import OVERHEAD, DataKey, Place, Sealed, Unopenable, packed, unpacked
from chassis.vault.kms import KeyRefused, Kms, KmsUnavailable
from chassis.vault.opened import open_vault, rotation_of
from chassis.vault.vault import Bounds, Fresh, KeyGone, Vault

__all__ = [
    "OVERHEAD",
    "Before",
    "BlindIndex",
    "Bounds",
    "Column",
    "DataKey",
    "Fresh",
    "KeyGone",
    "KeyRefused",
    "Kms",
    "KmsUnavailable",
    "Place",
    "Sealed",
    "Unopenable",
    "Vault",
    "open_vault",
    "packed",
    "rotation_of",
    "unpacked",
]
