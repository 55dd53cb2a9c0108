"""What there is to choose from: one kind of payment method, SEPA direct debit, and its vendor.

Which attributes they have is documented (PACE's iOS client, PCPayPaymentMethodKind and
PCPayPaymentMethodVendor); their values are `assumed`. A kind's id is its name. Privacy terms and
logos are the operator's own, so there are none.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Struct

from lastschrift.apis.pace.languages import Language
from lastschrift.web.described import described

KIND: Final = "sepa"
VENDOR_ID: Final = "3397421f-744a-47fa-a5de-cc00b2132c4b"
"""Which vendor stands for SEPA is not documented: this id is ours, always the same (`assumed`)."""

_VENDOR_SLUG: Final = "sepa"
_VENDOR_PRN: Final = f"prn:cms:payment-method-vendors:{VENDOR_ID}"

_NAMES: Mapping[Language, str] = {
    Language.ENGLISH: "SEPA direct debit",
    Language.GERMAN: "SEPA-Lastschrift",
}

Name = Annotated[str, described("SEPA direct debit")]


# --- models ---------------------------------------------------------------------------------------


class VendorAttributes(Struct):
    """Who offers payment methods: a name to be shown, and one that is not."""

    name: Name
    slug: Annotated[str, described(_VENDOR_SLUG)]


class Vendor(Struct, tag_field="type", tag="paymentMethodVendor"):
    """A vendor of payment methods."""

    id: Annotated[str, described(VENDOR_ID, format="uuid")]
    attributes: VendorAttributes


class VendorOfKind(Struct, rename={"kind_id": "paymentMethodKindId"}):
    """A vendor, as it stands with a kind."""

    id: Annotated[str, described(VENDOR_ID, format="uuid")]
    name: Name
    slug: Annotated[str, described(_VENDOR_SLUG)]
    kind_id: Annotated[str, described(KIND)]


class KindAttributes(Struct, rename={"two_factor": "twoFactor", "vendor_prns": "vendorPRNs"}):
    """What there is to tell of a kind of payment methods; ``name`` is in the client's language."""

    name: Name
    currencies: Annotated[list[str], described(["EUR"])]
    two_factor: Annotated[bool, described(example=False)]
    fuelcard: Annotated[bool, described(example=False)]
    implicit: Annotated[bool, described(example=False)]
    managed: Annotated[bool, described(example=False)]
    vendor_prns: Annotated[list[str], described([_VENDOR_PRN])]
    vendors: list[VendorOfKind]


class Kind(Struct, tag_field="type", tag="paymentMethodKind"):
    """A kind of payment methods; its id is its name."""

    id: Annotated[str, described(KIND)]
    attributes: KindAttributes


class KindList(Struct):
    """A JSON:API document with all kinds of payment methods."""

    data: list[Kind]


# --- the resources --------------------------------------------------------------------------------


def _kind(name: str) -> Kind:
    return Kind(
        id=KIND,
        attributes=KindAttributes(
            name=name,
            currencies=["EUR"],
            two_factor=False,
            fuelcard=False,
            implicit=False,
            managed=False,
            vendor_prns=[_VENDOR_PRN],
            vendors=[VendorOfKind(id=VENDOR_ID, name=name, slug=_VENDOR_SLUG, kind_id=KIND)],
        ),
    )


def _vendor(name: str) -> Vendor:
    return Vendor(id=VENDOR_ID, attributes=VendorAttributes(name=name, slug=_VENDOR_SLUG))


KINDS: Mapping[Language, Kind] = {language: _kind(name) for language, name in _NAMES.items()}
VENDORS: Mapping[Language, Vendor] = {language: _vendor(name) for language, name in _NAMES.items()}
