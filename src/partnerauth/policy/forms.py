"""Rules: which fields a form needs, and what may stand in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from types import MappingProxyType

from partnerauth.addresses import name_key
from partnerauth.decision import Reason, Rule
from partnerauth.policy import offers
from partnerauth.policy.grid import Cell
from partnerauth.policy.portal import FORM_VALUES, Portal, Requests

FIELD_REQUIRED = Rule(
    code="field-required",
    holds="Every mandatory field of a form is filled in.",
    because="The portal needs these data to reach the person, or to handle the request.",
    says="Please fill in: {fields}.",
    sources=("BP-01", "BP-11", "BP-32", "KP-01", "KP-06", "KP-07", "DP-05", "DP-09"),
)

FIELD_MALFORMED = Rule(
    code="field-malformed",
    holds="A field holds ordinary text of a sensible length, or one of its listed values.",
    because="Hidden characters and endless texts end up in mails, lists and files, where they do harm.",
    says="Please correct: {fields}. The text is too long, holds characters that are not allowed, "
    "or is not one of the possible answers.",
    sources=("BP-01", "BP-11", "KP-06", "SP-07", "DP-02", "DP-05", "DP-09", "GX-12"),
)

LONGEST_FIELD = 200
"""Characters that one field of a form holds at the most."""

LONGEST_ANSWER = 2000
"""Characters that one field of a request holds at the most."""

LONGEST_ID = 64
"""Characters of the id of an organisation or an account at the most."""

_SPOKEN_SEPARATELY = frozenset({"password", "confirm"})
"""The fields that a command has as fields of its own, never among the details."""

_LISTED_BUT_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def filled(portal: Portal, form: str, details: Mapping[str, str]) -> Mapping[str, str]:
    """Return the details with the portal's defaults for the form's fields that were left out (BP-11)."""
    cells = portal.forms.grid.column(form)
    defaults = {field: value for field, value in portal.forms.defaults.items() if _on_form(cells[field])}
    given = {field: value.strip() for field, value in details.items() if value.strip()}
    return MappingProxyType({**defaults, **given})


def known_fields(
    portal: Portal, form: str, details: Mapping[str, str], *, apart: Collection[str] = ()
) -> Reason | None:
    """Each field is on the form, and each that takes one of a few words has one of them.

    `apart` are the fields of the form that the command has as fields of its own, besides the password.
    """
    cells = portal.forms.grid.column(form)
    aside = _SPOKEN_SEPARATELY.union(apart)
    on_form = [field for field, cell in cells.items() if _on_form(cell) and field not in aside]
    strange = offers.known("field", details, on_form)
    if strange:
        return strange
    for field, value in details.items():
        if field in FORM_VALUES and value and (reason := offers.known(field, (value,), FORM_VALUES[field])):
            return reason
    return None


def complete(portal: Portal, form: str, details: Mapping[str, str], *, besides: Collection[str] = ()) -> Reason | None:
    """Every mandatory field of the form has a value, once the defaults are filled in (BP-11, KP-06, DP-05).

    The details include what the command has as fields of its own, and `besides` are those of them that it takes
    whatever the form says.
    """
    cells = {**portal.forms.grid.column(form), **dict.fromkeys(besides, Cell.MANDATORY)}
    return _answered(cells, filled(portal, form, details))


def request_known(requests: Requests, kind: str, answers: Mapping[str, str]) -> Reason | None:
    """Each field is one of this kind of request (DP-09)."""
    cells = requests.grid.column(kind)
    return offers.known("field", answers, [field for field, cell in cells.items() if _on_form(cell)])


def request_complete(requests: Requests, kind: str, answers: Mapping[str, str]) -> Reason | None:
    """Every mandatory field of this kind of request has a value: the mechanism of all other forms (DP-09)."""
    return _answered(requests.grid.column(kind), {field: value.strip() for field, value in answers.items()})


def request_well_formed(requests: Requests, kind: str, answers: Mapping[str, str]) -> Reason | None:
    """Each answer is one line that a person can read, and one of those that the kind allows for it (DP-09)."""
    allowed = requests.allowed(kind)
    wrong = tuple(
        sorted(
            field
            for field, value in answers.items()
            if not printable(value, LONGEST_ANSWER) or (value.strip() and value not in allowed.get(field, (value,)))
        )
    )
    return FIELD_MALFORMED.broken(fields=wrong) if wrong else None


def _answered(cells: Mapping[str, Cell], given: Mapping[str, str]) -> Reason | None:
    missing = tuple(field for field, cell in cells.items() if cell is Cell.MANDATORY and not given.get(field))
    return FIELD_REQUIRED.broken(fields=missing) if missing else None


def not_emptied(portal: Portal, details: Mapping[str, str], present: Mapping[str, str]) -> Reason | None:
    """No change leaves a field empty that some form of the portal demands and that has a value now."""
    demanded = {field for field, cells in portal.forms.grid.rows.items() if Cell.MANDATORY in cells.values()}
    emptied = tuple(
        field for field, value in details.items() if not value.strip() and present.get(field) and field in demanded
    )
    return FIELD_REQUIRED.broken(fields=emptied) if emptied else None


def well_formed(details: Mapping[str, str]) -> Reason | None:
    """Each value is short enough and holds no control, bidirectional or invisible characters (EM-10, AU-08).

    A user name is one that can be told apart from every other one, and from an address (GX-12).
    """
    wrong = {field for field, value in details.items() if not printable(value)}
    if (username := details.get("username", "")).strip() and name_key(username) is None:
        wrong.add("username")
    return FIELD_MALFORMED.broken(fields=tuple(sorted(wrong))) if wrong else None


def printable(value: str, longest: int = LONGEST_FIELD) -> bool:
    """Whether a text is one line that a person can read: it is cut off by length before it is looked at."""
    return len(value) <= longest and all(unicodedata.category(letter) not in _LISTED_BUT_INVISIBLE for letter in value)


def _on_form(cell: Cell) -> bool:
    return cell in {Cell.MANDATORY, Cell.OPTIONAL}


def identifies(name: str) -> bool:
    """Whether a text can be the id of an organisation or an account: a word without blanks, slashes or controls."""
    return 0 < len(name) <= LONGEST_ID and all(letter.isalnum() or letter in "._-" for letter in name)


def about_the_person(details: Mapping[str, str]) -> Mapping[str, str]:
    """Return the details that are not names to sign in with, which a user has as fields of his own."""
    return MappingProxyType({field: value for field, value in details.items() if field not in {"email", "username"}})
