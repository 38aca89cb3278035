"""The forms of Octopus Energy's steps, and what is made of what was typed."""

from collections.abc import Iterable, Mapping, Sequence
import re
from typing import Any, Final

import probatio

from custom_components.power_sync.prices.octopus import (
    CONF_BASE_URL,
    CONF_EXPORT_PRODUCT,
    CONF_IMPORT_PRODUCT,
    CONF_REGION,
)
from custom_components.power_sync.prices.octopus_account import CONF_ACCOUNT
from custom_components.power_sync.prices.octopus_client import BASE_URL, REGIONS
from custom_components.power_sync.prices.octopus_products import Offers, Product
from custom_components.power_sync.prices.protocols import CONF_TOKEN
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .errors import InputError
from .selectors import TOKEN_SELECTOR

SECTION_ACCOUNT: Final = "account"
SECTION_ADVANCED: Final = "advanced"
SECTION_OTHER: Final = "other"
CONF_NUMBER: Final = "number"
"""Of an account."""
CONF_HOME: Final = "home"
CONF_POSTCODE: Final = "postcode"
"""Asked for and forgotten: only the region is stored."""
CONF_OTHER_IMPORT: Final = "other_import_product"
CONF_OTHER_EXPORT: Final = "other_export_product"
OTHERS: Final = (
    (CONF_IMPORT_PRODUCT, CONF_OTHER_IMPORT),
    (CONF_EXPORT_PRODUCT, CONF_OTHER_EXPORT),
)
NO_EXPORT: Final = "none"

_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_TARIFF_CODE = re.compile(r"(E-1R|E-2R|G-1R)-(.+)-([A-Z])")


def typed_postcode(user_input: Mapping[str, Any]) -> str | None:
    """Return the postcode as it is written, None for none. Raises InputError."""
    typed = "".join(user_input.get(CONF_POSTCODE, "").upper().split())
    if not typed:
        return None
    match = _POSTCODE.fullmatch(typed)
    if match is None:
        raise InputError("invalid_postcode", CONF_POSTCODE)
    return " ".join(match.groups())


def chosen_region(user_input: Mapping[str, Any]) -> str:
    """Return the region that was chosen. Raises InputError where none was."""
    region: str | None = user_input.get(CONF_REGION)
    if region is None:
        raise InputError("region_missing", CONF_REGION)
    return region


def chosen_products(
    user_input: Mapping[str, Any], region: str
) -> dict[str, str | None]:
    """Return the products; a code that was typed goes before the one selected.

    A whole tariff code, as it is on a bill, will do as well. Raises InputError
    where that is for gas, for a meter with two registers or for another region.
    """
    typed = {
        key: _product_code(code.strip().upper(), region)
        for key, code in user_input.get(SECTION_OTHER, {}).items()
    }
    export = typed.get(CONF_OTHER_EXPORT) or user_input[CONF_EXPORT_PRODUCT]
    return {
        CONF_IMPORT_PRODUCT: typed.get(CONF_OTHER_IMPORT)
        or user_input[CONF_IMPORT_PRODUCT],
        CONF_EXPORT_PRODUCT: None if export == NO_EXPORT else export,
    }


def _product_code(code: str, region: str) -> str:
    match = _TARIFF_CODE.fullmatch(code)
    if match is None:
        return code
    kind, product, letter = match.groups()
    if kind == "G-1R":
        raise InputError("gas_tariff")
    if kind == "E-2R":
        raise InputError("two_registers")
    if letter != region:
        raise InputError("other_region")
    return product


def region_as_typed(prices: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings in the shape of the region's form."""
    if not prices:
        return {}
    typed = {
        CONF_REGION: prices[CONF_REGION],
        SECTION_ADVANCED: {CONF_BASE_URL: prices[CONF_BASE_URL] or BASE_URL},
    }
    if CONF_ACCOUNT in prices:
        typed[SECTION_ACCOUNT] = {CONF_NUMBER: prices[CONF_ACCOUNT]}
    return typed


def typed_account(
    user_input: Mapping[str, Any], prices: Mapping[str, Any]
) -> dict[str, str]:
    """Return the account that was typed; {} for none. Raises InputError.

    Without a key that of before is kept, for the same account.
    """
    typed = user_input.get(SECTION_ACCOUNT, {})
    number = typed.get(CONF_NUMBER, "").strip().upper()
    key = typed.get(CONF_TOKEN, "").strip()
    if not number and not key:
        return {}
    if number and not key and number == prices.get(CONF_ACCOUNT):
        key = prices[CONF_TOKEN]
    if not number or not key:
        raise InputError("account_incomplete")
    return {CONF_ACCOUNT: number, CONF_TOKEN: key}


def region_schema(*, collapsed: bool) -> probatio.Schema:
    """Return the region's form, with the rare settings folded up or not."""
    address = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    advanced = {probatio.Required(CONF_BASE_URL, default=BASE_URL): address}
    account = {
        probatio.Optional(CONF_NUMBER): TextSelector(),
        probatio.Optional(CONF_TOKEN): TOKEN_SELECTOR,
    }
    return probatio.Schema(
        {
            probatio.Optional(CONF_POSTCODE): TextSelector(
                TextSelectorConfig(autocomplete="postal-code")
            ),
            # Of a required field the frontend would choose the first option.
            probatio.Optional(CONF_REGION): SelectSelector(
                SelectSelectorConfig(
                    options=[
                        SelectOptionDict(value=letter, label=f"{name} ({letter})")
                        for letter, name in REGIONS.items()
                    ],
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            probatio.Optional(SECTION_ACCOUNT): section(
                probatio.Schema(account), {"collapsed": collapsed}
            ),
            probatio.Required(SECTION_ADVANCED): section(
                probatio.Schema(advanced), {"collapsed": collapsed}
            ),
        }
    )


def home_schema(labels: Sequence[str]) -> probatio.Schema:
    """Return the form that asks for one of several homes."""
    options = [
        SelectOptionDict(value=str(index), label=label)
        for index, label in enumerate(labels)
    ]
    select = SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
    return probatio.Schema({probatio.Required(CONF_HOME): SelectSelector(select)})


def tariff_schema(offers: Offers, *, collapsed: bool) -> probatio.Schema:
    """Return the tariffs' form, with the typed codes folded up or not."""
    none = SelectOptionDict(value=NO_EXPORT, label=NO_EXPORT)
    other = {
        probatio.Optional(CONF_OTHER_IMPORT): TextSelector(),
        probatio.Optional(CONF_OTHER_EXPORT): TextSelector(),
    }
    return probatio.Schema(
        {
            probatio.Required(CONF_IMPORT_PRODUCT): SelectSelector(
                SelectSelectorConfig(
                    options=_options(offers.imports),
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            probatio.Required(CONF_EXPORT_PRODUCT): SelectSelector(
                SelectSelectorConfig(
                    options=[*_options(offers.exports), none],
                    mode=SelectSelectorMode.DROPDOWN,
                    translation_key="export_product",
                )
            ),
            probatio.Optional(SECTION_OTHER): section(
                probatio.Schema(other), {"collapsed": collapsed}
            ),
        }
    )


def _options(products: Iterable[Product]) -> list[SelectOptionDict]:
    return [
        SelectOptionDict(value=product.code, label=f"{product.name} ({product.code})")
        for product in products
    ]
