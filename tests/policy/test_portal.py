"""The schema of portal files: what a portal file may say, and how it is told what it may not."""

from __future__ import annotations

import tomllib
from datetime import timedelta

import pytest

from partnerauth.policy.portal import PortalError, load_portal, parse_duration
from partnerauth.portals import parse_portal, portal_text, read_portal, shipped

TEXT = portal_text("bpost")


def problems(old: str, new: str) -> str:
    """Return what is wrong with the business portal once a piece of its file is replaced."""
    assert old in TEXT
    with pytest.raises(PortalError) as caught:
        parse_portal(TEXT.replace(old, new, 1), "mine.toml")
    assert str(caught.value) == "\n".join(caught.value.problems)
    return str(caught.value)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_portal_is_valid_and_called_as_its_file(name: str) -> None:
    portal = read_portal(name)
    assert portal.portal == name
    assert portal.fingerprint == parse_portal(portal_text(name), name).fingerprint


def test_portals_that_differ_have_different_fingerprints() -> None:
    other = parse_portal(TEXT.replace("minimum-length = 7", "minimum-length = 8"), "mine.toml")
    assert other.fingerprint != read_portal("bpost").fingerprint


@pytest.mark.rule("BP-14", "GX-06")
def test_the_policy_of_passwords_comes_from_the_file() -> None:
    policy = read_portal("bpost").password_policy
    assert (policy.minimum_length, sorted(policy.require)) == (7, ["lower", "upper"])
    assert (policy.maximum_length, policy.personal_run) == (128, 4)


@pytest.mark.rule("GX-04")
@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30s", timedelta(seconds=30)),
        ("10m", timedelta(minutes=10)),
        ("3h", timedelta(hours=3)),
        ("91d", timedelta(days=91)),
        (timedelta(hours=1), timedelta(hours=1)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: object, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "h", "3", "3 h", "-3h", "3.5h", "3w", "\u0663h", "3H", "99999999s", 3, None])
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="a whole number and a unit"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("accounts = true", "acounts = true", "mine.toml: acounts: unknown key: take it out or correct its spelling"),
        ('portal = "bpost"\n', "", "mine.toml: portal: missing: add it"),
        ('portal = "bpost"', 'portal = "B Post"', "mine.toml: portal: 'B Post' has not the form ^[a-z0-9]"),
        ("https://", "http://", "mine.toml: address: 'http://portal.bpost.example' has not the form"),
        ('temporary-password = "7d"', 'temporary-password = "a week"', "lifetimes.temporary-password: a duration is"),
        ("minimum-length = 7", "minimum-length = 6", "passwords.minimum-length: Input should be greater"),
        ('"agreement-router", "etoe-partner"]', '"ftp"]', "mine.toml: options: named twice: ftp"),
        ('options = ["ftp", ', "options = [", "management.options: unknown ftp; known are agreement-router"),
        ('option = "agreement-router"', 'option = "router"', "applications.emasspost.rights: option: unknown router"),
        ('grant = ["administrator"', 'grant = ["master"', "offers.grant.0: Input should be 'visitor'"),
        ('ftp = "ftp"', 'sftp = "ftp"', "management: options: unknown sftp; known are manage-administrators"),
        ('delete = ["administrator", "operator"]\n\n#', "\n#", "forbidden.delete: users are deactivated"),
        ('delete = ["administrator", "operator"]  #', 'delete = ["operator"]  #', "deleting is refused for everybody"),
        ("[forbidden]", "[forbidden]\nerase = ['operator']", "forbidden: unknown erase; known are open-organisation"),
        (
            'administrator = "administrator-role"',
            'administrator = "boss"',
            "subcontracting.administrator: unknown boss",
        ),
        ('needs = ["product"] }', 'needs = ["letter"] }', "general-follow-up.needs.0: Input should be"),
        ('name = "Distriplanner"', 'name = "D"\nproducts = ["x"]', "products: named where a right needs them"),
        ("eshipper-light        | X ", "eshipper-heavy        | X ", "matrix: unknown eshipper-heavy"),
        ("eshipper-light        | X         | NA      | NA    | NA\n", "", "matrix: no row for eshipper-light"),
        ("other-mail-services   |", "mail-services         |", "group 'other-mail-services' has no row in the grid"),
        ('["borderel-35", "borderel-36", "borderel-37"] }', "[] }", "group 'other-parcel-services' is empty"),
        ('["borderel-35", "borderel', '["borderel-33", "borderel', "row 'other-parcel-services' overlaps another"),
        ('    "borderel-50",\n]', '    "borderel-51",\n]', "services: unknown borderel-51"),
        ("borderel-31           | O ", "borderel-31           | o ", "row 'borderel-31', column 'read-only': 'o' is"),
        ('language = "nl"', 'language = "es"', "defaults.language: 'es' is none of de, en, fr, nl"),
        ('language = "nl"', 'shoe-size = "42"', "defaults: unknown shoe-size; known are username"),
        ("phone                   |", "telephone               |", "grid: unknown telephone; known are username"),
        ('application = "emasspost"', 'application = "masspost"', "records.deposit.application: unknown masspost"),
        ('right = "deposit-composition"', 'right = "deposits"', "records.deposit.seen-by: right: unknown deposits"),
        ("| create-user |", "| make-user   |", "forms.grid: no column for create-user, which the portal offers"),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_remedy(old: str, new: str, says: str) -> None:
    assert says in problems(old, new)


def test_every_problem_is_named_at_once() -> None:
    text = TEXT.replace("accounts = true", "acounts = true").replace("minimum-length = 7", "minimum-length = 1")
    with pytest.raises(PortalError) as caught:
        parse_portal(text, "mine.toml")
    assert len(caught.value.problems) == 3


def test_a_grid_is_a_text_or_one_that_was_read() -> None:
    data = tomllib.loads(TEXT)
    data["forms"]["grid"] = read_portal("bpost").forms.grid
    assert load_portal(data) == read_portal("bpost")
    with pytest.raises(PortalError, match="a grid is a text of several lines"):
        parse_portal(TEXT.replace('[forms]\ngrid = """', '[forms]\ngrid = 3\nx = """', 1), "mine.toml")


def test_the_line_of_a_grid_is_counted_from_the_start_of_the_file() -> None:
    number = next(n for n, line in enumerate(TEXT.splitlines(), start=1) if line.startswith("gender  "))
    assert f"mine.toml, line {number}: forms.grid: row 'gender'" in problems(
        "gender                  | X ", "gender | Y "
    )


def test_without_the_text_the_line_is_that_of_the_grid() -> None:
    data = tomllib.loads(TEXT)
    data["forms"]["grid"] = data["forms"]["grid"].replace("username                | X ", "username | Y ")
    with pytest.raises(PortalError, match=r"^, line 2: forms\.grid"):
        load_portal(data)


@pytest.mark.rule("BP-28")
def test_a_later_member_of_a_group_is_covered_by_its_row() -> None:
    added = TEXT.replace('"borderel-36", "borderel-37"] }', '"borderel-36", "borderel-37", "borderel-38"] }').replace(
        "borderel-50 = { name", 'borderel-38 = { name = "New", needs = ["contract"] }\nborderel-50 = { name'
    )
    matrix = parse_portal(added, "mine.toml").applications["eshipper-international"].matrix
    assert matrix is not None
    assert matrix.cells["borderel-38"] == matrix.cells["borderel-37"]


@pytest.mark.rule("BP-01", "BP-28")
def test_what_no_profile_may_hold_belongs_to_nobody() -> None:
    applications = read_portal("bpost").applications
    assert applications["eshipper-international"].belongs_to_nobody == {"customs-access", "eshipper-pro"}
    assert applications["emasspost"].belongs_to_nobody == frozenset()


def test_the_catalogue_of_the_business_portal_is_that_of_the_rulebook() -> None:
    rights = {code: tuple(application.rights) for code, application in read_portal("bpost").applications.items()}
    access = "customs-access eshipper-light eshipper-pro-2 eshipper-pro etoe-handling general-access view-prices"
    borderels = (10, 12, 13, 14, 16, 17, 20, 21, 23, 31, 33, 35, 36, 37, 50)
    assert rights == {
        "emasspost": (
            "administrator-role",
            "view-prices",
            "creation",
            "confirmation",
            "general-follow-up",
            "deposit-declaration",
            "create-mailing-list",
            "delete-mailing-list",
            "deposit-composition",
            "check-mailing-list",
            "address-file-tool",
            "contracts",
            "senders-management",
        ),
        "distriplanner": ("order-entry", "quick-view"),
        "collect-stamp": (
            "extended-search-registered",
            "extended-search-parcels",
            "barcode-search-registered",
            "barcode-search-parcels",
            "order-proof-of-deposit",
            "search-invoices",
        ),
        "eshipper-national": ("user",),
        "etracker-national": ("user",),
        "shipping-manager": ("user",),
        "eshipper-international": (*access.split(), *(f"borderel-{number}" for number in borderels)),
        "invoice-reporter": ("view-invoices",),
    }
    assert read_portal("bpost").applications["emasspost"].products == (
        "letter",
        "registered-prior",
        "periodical",
        "kilopost",
        "uw-rd",
        "distripost-agreement",
        "kilopost-agreement",
        "taxipost",
        "taxipost-international",
        "distripost-2008",
        "distripost-periodical",
        "clean-mail",
        "uw-rd-rp-plus",
        "international-parcels-deferred",
        "international-parcels-express",
        "reserve-1",
        "reserve-2",
        "distripost-printed-matter",
        "selectapost",
        "non-urgent-commercial",
        "printed-matter",
        "prior",
        "non-prior",
    )


@pytest.mark.rule("BP-21", "BP-23", "BP-24", "BP-25", "BP-27")
def test_the_kinds_that_a_right_needs_are_those_of_the_rulebook() -> None:
    portal = read_portal("bpost")
    needs = {
        (code, right): set(each.needs)
        for code, application in portal.applications.items()
        for right, each in application.rights.items()
        if each.needs
    }
    deposit = {"product", "billing-address"}
    contract_applications = {
        "collect-stamp",
        "eshipper-national",
        "etracker-national",
        "shipping-manager",
        "eshipper-international",
    }
    assert needs == {
        ("emasspost", "creation"): deposit,
        ("emasspost", "confirmation"): deposit,
        ("emasspost", "general-follow-up"): {"product"},
        ("distriplanner", "order-entry"): {"billing-address"},
        ("invoice-reporter", "view-invoices"): {"billing-address"},
        **{(code, right): {"contract"} for code in contract_applications for right in portal.applications[code].rights},
    }


def test_the_commands_of_the_business_portal_are_those_of_the_rulebook() -> None:
    assert set(read_portal("bpost").offers) == {
        "open-organisation",
        "set-account",
        "set-contract",
        "set-option",
        "grant-access",
        "refuse-access",
        "request-access",
        "create-user",
        "set-management",
        "set-temporary-password",
        "delegate",
        "pass-on",
        "withdraw",
        "grant",
        "copy-rights",
        "revoke",
        "sign-in",
        "sign-out",
        "end-sessions",
        "change-password",
        "request-reset",
        "reset-password",
        "change-email",
        "confirm-email",
        "update-details",
        "deactivate",
        "reactivate",
        "delete",
    }
