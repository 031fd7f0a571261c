"""The runner of scenario files: what it reads, what it refuses, what it asks, and how it tells."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import run as start
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import partnerauth
from partnerauth.adapters.memory import MemoryStore
from partnerauth.cli import main
from partnerauth.portals import portal_text, read_portal, shipped
from partnerauth.ports import Store
from partnerauth.scenarios import Outcome, ScenarioError, empty_stores, find, parse, read, run
from partnerauth.scenarios.vocabulary import COMMANDS, EntryFacts
from partnerauth.scenarios.world import begin
from partnerauth.scenarios.yaml_text import MOST_NODES, YamlError, documents

EXAMPLES = Path(__file__).parent / "runner"

GIVEN: Mapping[str, Any] = {
    "organisations": {
        "acme": {
            "name": "Acme NV",
            "country": "BE",
            "domains": ["acme.example"],
            "accounts": {
                "hq": {
                    "applications": ["emasspost", "eshipper-international"],
                    "contracts": {"BPI-1": {"active": True}},
                    "billing-addresses": ["B1", "B2"],
                },
                "depot": {},
            },
        },
        "beta": {"accounts": {"hq": {}, "lab": {}}},
    },
    "users": {
        "anna": {
            "organisation": "acme",
            "email": "anna@acme.example",
            "username": "ANNA",
            "password": "Winter-Tram-61",
            "management": ["manage-administrators", "manage-users", "reset-password"],
            "rights": [
                {
                    "application": "emasspost",
                    "account": "hq",
                    "rights": ["creation"],
                    "resources": {"product": ["letter"], "billing-address": ["B1"]},
                }
            ],
        },
        "ben": {"organisation": "acme", "email": "ben@acme.example", "username": "BEN", "password": "Winter-Tram-62"},
        "cleo": {"organisation": "beta", "email": "cleo@beta.example", "management": ["manage-users"]},
    },
}
"""Two organisations, one of them with an administrator who holds something."""


def written(steps: str, *, given: object = GIVEN, portal: str = "bpost", title: str = "It holds") -> str:
    """Return the text of a scenario; `steps` is YAML, one step a line."""
    lines = "".join(f"  - {line.strip()}\n" for line in steps.strip().splitlines())
    head = f"scenario: {title}\nportal: {portal}\nnow: 2026-03-02T08:00:00Z\n"
    return head + yaml.safe_dump({"given": given}, sort_keys=False) + f"steps:\n{lines}"


def played(steps: str, **how: Any) -> Outcome:  # noqa: ANN401 - as `written`
    """Run one scenario."""
    (scenario,) = parse(written(steps, **how), "here.yaml")
    return run(scenario)


def came(steps: str, **how: Any) -> str:  # noqa: ANN401 - as `written`
    """Return what came in the step that failed."""
    failure = played(steps, **how).failure
    assert failure is not None
    return failure.came


def problems(text: str, file: str = "here.yaml") -> list[str]:
    """Return what is wrong with a text."""
    with pytest.raises(ScenarioError) as raised:
        parse(text, file)
    return [str(problem) for problem in raised.value.problems]


def problem(text: str) -> str:
    """Return the one thing that is wrong with a text."""
    (only,) = problems(text)
    return only


# What holds


def test_several_scenarios_stand_in_one_file_and_each_begins_anew() -> None:
    step = "{as: anna, do: change-email, email: new@acme.example}"
    text = "---\n".join(
        written(f"{{check: recorded, about: anna, expect: []}}\n{step}", title=title) for title in ("one", "two")
    )
    outcomes = [run(scenario) for scenario in parse(text, "here.yaml")]
    assert [(each.scenario.title, each.holds) for each in outcomes] == [("one", True), ("two", True)]


def test_empty_documents_are_passed_over() -> None:
    assert len(parse(f"# a comment\n---\n{written('{check: mailed, to: x@y.example, expect: 0}')}\n---\n", "f")) == 1


def test_a_scenario_runs_against_a_portal_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(portal_text("bpost").replace('portal = "bpost"', 'portal = "ours"'))
    (tmp_path / "x.yaml").write_text(
        written("{check: can, user: anna, right: manage-users, expect: allow}", portal="ours.toml")
    )
    (scenario,) = read(tmp_path / "x.yaml")
    assert scenario.portal.portal == "ours"
    assert run(scenario).holds


def test_scalars_are_text_until_a_schema_types_them() -> None:
    (scenario,) = parse(
        "scenario: 12\nportal: bpost\nnow: 2026-03-02T08:00:00Z\n"
        "given: {organisations: {acme: {name: 007, country: NO, subcontractor: true, accounts: {on: {}}}}}\n"
        "steps: [{check: mailed, to: a@b.example, expect: 0}]\n",
        "here.yaml",
    )
    acme = scenario.given.organisations["acme"]
    assert (scenario.title, acme.name, acme.country, acme.subcontractor, list(acme.accounts or {})) == (
        "12",
        "007",
        "NO",
        True,
        ["on"],
    )


@pytest.mark.rule("GX-10")
def test_the_same_scenario_leaves_the_same_record_and_the_same_secrets_behind() -> None:
    text = written(
        "{as: visitor, do: request-reset, identifier: anna}\n"
        "{as: visitor, do: reset-password, token: {mailed-to: anna@acme.example}, password: Zomer-Fiets-9}\n"
        "{as: anna, do: create-user, user: dirk, details: {username: DIRK, gender: man, first-name: D, last-name: D,"
        " email: dirk@acme.example}}"
    )

    def left() -> tuple[object, ...]:
        store = MemoryStore()

        @contextmanager
        def empty() -> Iterator[Store]:
            yield store

        (scenario,) = parse(text, "here.yaml")
        assert run(scenario, empty).holds
        return tuple(store.records()), tuple(store.outbox())

    assert left() == left()


def test_time_moves_only_by_after() -> None:
    assert played(
        "{as: visitor, do: request-reset, identifier: anna}\n"
        "{after: 59m, as: visitor, do: request-reset, identifier: ben}\n"
        "{after: 59s, as: visitor, do: reset-password, token: {mailed-to: anna@acme.example}, password: Zomer-Fiets-9}"
    ).holds
    assert (
        came(
            "{as: visitor, do: request-reset, identifier: anna}\n"
            "{after: 1h, as: visitor, do: reset-password, token: {mailed-to: anna@acme.example}, password: Fiets-9}"
        )
        == "{refused: [link-expired]}"
    )


def test_the_clock_has_an_end() -> None:
    steps = "{after: 999999d, as: anna, do: update-details, details: {phone: 0478}}\n" * 4
    assert came(steps) == "no answer: the clock ends with the year 9999"


def test_a_question_can_move_the_clock_too() -> None:
    assert played(
        "{as: visitor, do: sign-in, identifier: anna, password: Winter-Tram-61, browser: b}\n"
        "{after: 1d, check: signed-in, browser: b, user: anna, expect: {ended: sign-in-required}}"
    ).holds


def test_secrets_are_the_newest_or_the_nth_that_was_mailed_or_a_literal() -> None:
    asked = "{as: visitor, do: request-reset, identifier: anna}\n"
    reset = "as: visitor, do: reset-password, password: Zomer-Fiets-9"
    assert played(asked + asked + f"{{{reset}, token: {{mailed-to: ANNA@acme.example}}}}").holds
    assert (
        came(asked + asked + f"{{{reset}, token: {{mailed-to: anna@acme.example, nth: 1}}}}")
        == "{refused: [link-unknown]}"
    )
    assert came(asked + f"{{{reset}, token: nonsense}}") == "{refused: [link-unknown]}"


@pytest.mark.parametrize("reference", ["{mailed-to: ben@acme.example}", "{mailed-to: anna@acme.example, nth: 2}"])
def test_a_secret_that_nobody_was_mailed_is_no_answer(reference: str) -> None:
    outcome = came(
        "{as: visitor, do: request-reset, identifier: anna}\n"
        f"{{as: visitor, do: reset-password, token: {reference}, password: Zomer-Fiets-9}}"
    )
    assert "mailed to" in outcome


def test_a_token_that_nobody_was_given_is_no_answer() -> None:
    step = (
        "{as: visitor, do: join-organisation, email: a@b.example, token: {verified: a@b.example}, organisation: acme}"
    )
    given: Mapping[str, Any] = {"organisations": {"acme": {}}}
    assert came(step, given=given, portal="dealerportal") == (
        "no answer: nobody has verified the address a@b.example so far"
    )


def test_a_question_that_lacks_whom_it_is_about_is_no_answer() -> None:
    assert came("{check: users, expect: []}") == "no answer: organisation: say of which"
    assert played("{check: users, as: anna, expect: [anna, ben]}").holds


def test_a_question_about_nobody_is_told_so() -> None:
    step = "{check: user, user: dirk@acme.example, expect: {state: active}}"
    assert came(step) == "no such user"


# Who acts


def test_a_user_acts_through_his_session_while_it_lives_and_by_his_id_afterwards() -> None:
    assert played(
        "{as: visitor, do: sign-in, identifier: anna, password: Winter-Tram-61, browser: b}\n"
        "{as: anna, do: change-password, current: Winter-Tram-61, password: Zomer-Fiets-9}\n"
        "{check: signed-in, browser: b, user: anna, expect: active}\n"
        "{as: anna, do: sign-out, browser: b}\n"
        "{check: signed-in, browser: b, expect: nobody}\n"
        "{as: anna, do: update-details, details: {phone: 0478}}"
    ).holds


@pytest.mark.rule("ED-09")
def test_whose_session_was_replaced_is_told_once() -> None:
    given = {
        "organisations": {"garage": {"domains": ["garage.example"]}},
        "users": {
            alias: {"organisation": "garage", "email": f"{alias}@garage.example", "password": "Winter-Tram-2026!"}
            for alias in ("lea", "tom")
        },
    }
    sign_in = (
        "{{as: visitor, do: sign-in, identifier: {}@garage.example, password: Winter-Tram-2026!, browser: shop}}\n"
    )
    update = "{as: lea, do: update-details, details: {phone: 0478}"
    assert played(
        sign_in.format("lea")
        + sign_in.format("tom")
        + "{check: signed-in, browser: shop, expect: tom}\n"
        + "{check: signed-in, browser: shop, user: lea, expect: {ended: session-replaced}}\n"
        + f"{update}, expect: {{refused: [session-replaced]}}}}\n"
        + f"{update}}}",
        given=given,
        portal="edi",
    ).holds


def test_nobody_but_a_user_has_a_session_to_act_through() -> None:
    assert played(
        "{as: visitor, do: change-email, email: x@acme.example, expect: {refused: [sign-in-required]}}\n"
        "{as: operator, do: change-email, email: x@acme.example, expect: {refused: [not-offered]}}\n"
        "{as: system, do: deactivate, user: ben, expect: {refused: [not-offered]}}"
    ).holds


# Aliases


CREATED = "details: {username: DIRK, gender: man, first-name: D, last-name: D, email: dirk@acme.example}"


def test_an_alias_stands_for_nobody_before_its_user_is_made_and_for_him_from_then_on() -> None:
    assert played(
        "{as: anna, do: deactivate, user: dirk, expect: {refused: [other-organisation]}}\n"
        "{as: dirk, do: sign-out, expect: {refused: [sign-in-required]}}\n"
        "{check: can, user: dirk, right: reset-password, expect: {deny: [other-organisation]}}\n"
        f"{{as: anna, do: create-user, user: dirk, {CREATED}}}\n"
        f"{{as: anna, do: create-user, user: dirk, {CREATED}, expect: {{refused: [already-exists]}}}}\n"
        "{as: anna, do: deactivate, user: dirk}"
    ).holds


def test_an_alias_that_stands_for_somebody_is_not_given_to_another() -> None:
    assert "stands for somebody else" in came(
        f"{{as: anna, do: create-user, user: dirk, {CREATED}}}\n"
        f"{{as: anna, do: create-user, user: dirk, {CREATED.replace('DIRK', 'D2').replace('dirk@', 'd2@')}}}"
    )


def test_an_alias_of_a_case_is_not_given_to_another() -> None:
    given = {"organisations": {"fix": {}}, "users": {"kim": {"organisation": "fix", "email": "kim@fix.example"}}}
    step = "{as: kim, do: submit-request, case: c, kind: credit-question, fields: {question: When?, grms-number: 1}}\n"
    assert "stands for another case" in came(step + step, given=given, portal="dealerportal")


def test_who_is_pending_has_asked_for_what_his_rights_name() -> None:
    rights = [{"application": "emasspost", "account": "hq"}]
    facts = {"organisation": "beta", "email": "dan@beta.example", "state": "pending-approval", "rights": rights}
    given = {"organisations": GIVEN["organisations"], "users": {"dan": facts}}
    assert played(
        "{as: operator, do: grant-access, user: dan}\n"
        "{check: user, user: dan, expect: {state: invited, administrator: true}}",
        given=given,
    ).holds


def test_who_has_no_alias_is_called_by_his_address() -> None:
    assert played(
        f"{{as: anna, do: create-user, {CREATED}}}\n"
        "{check: users, organisation: acme, expect: [anna, ben, dirk@acme.example]}\n"
        "{check: user, user: anna, expect: {created-by: operator}}"
    ).holds


def test_an_account_is_ones_own_or_named_with_its_organisation_or_the_only_one_called_so() -> None:
    held = "expect: {rights: [creation], resources: {product: [letter], billing-address: [B1]}}"
    assert played(
        f"{{check: rights, user: anna, application: emasspost, account: hq, {held}}}\n"
        f"{{check: rights, user: anna, application: emasspost, account: acme/hq, {held}}}\n"
        "{check: rights, user: anna, application: emasspost, account: beta/hq, expect: {}}\n"
        "{check: rights, user: anna, application: emasspost, account: lab, expect: {}}\n"
        "{check: who-can, application: emasspost, right: creation, account: acme/hq, expect: [anna]}\n"
        "{check: who-can, application: emasspost, right: creation, account: depot, expect: []}\n"
        "{as: operator, do: set-contract, organisation: acme, account: hq, contract: BPI-2, active: false}\n"
        "{as: operator, do: set-account, organisation: beta, account: new, applications: [emasspost]}\n"
        "{as: anna, do: grant, user: ben, application: emasspost, account: hq, rights: [creation]}\n"
        "{as: anna, do: grant, user: ben, application: emasspost, account: lab, rights: [creation],"
        " expect: {refused: [other-organisation]}}"
    ).holds


def test_a_command_that_the_portal_does_not_offer_passes_the_gate_before_that_one() -> None:
    given = {
        **GIVEN,
        "users": {
            **GIVEN["users"],
            "gone": {"organisation": "acme", "email": "g@acme.example", "state": "deactivated"},
        },
    }
    invited = "do: invite, user: x, email: x@acme.example"
    assert played(
        f"{{as: anna, {invited}, expect: {{refused: [not-offered]}}}}\n"
        f"{{as: gone, {invited}, expect: {{refused: [user-inactive]}}}}\n"
        "{as: visitor, do: register, email: x@acme.example, user: x, expect: {refused: [not-offered]}}\n"
        "{as: system, do: import-allow-list, entries: [{email: a@b.example, user: y}], sequence: 1,"
        " expect: {refused: [not-offered]}}\n"
        "{as: anna, do: submit-request, case: c, kind: repair, fields: {}, expect: {refused: [not-offered]}}\n"
        "{check: recorded, about: gone, expect: [{refused: user-inactive}]}",
        given=given,
    ).holds


VALUES: Mapping[str, Any] = {
    "text": "acme",
    "flag": True,
    "number": 1,
    "names": (),
    "resources": {},
    "words": {"email": "dirk@acme.example"},
    "secret": "nonsense",
    "user": "anna",
    "new-user": "dirk",
    "case": "c-1",
    "new-case": "c-2",
    "account": "hq",
    "accounts": {},
    "contracts": {},
    "entries": (EntryFacts(email="dirk@acme.example", organisation="acme"),),
    "claims": {"issuer": "i", "subject": "s", "email": "anna@acme.example", "email-verified": True},
}
"""Something for every kind of field."""

PEOPLE = ("visitor", "operator", "system", "anna", "ben", "gone", "nobody-yet")


@pytest.mark.parametrize("portal", shipped())
def test_every_command_answers_everybody(portal: str) -> None:
    rules = read_portal(portal)
    administrator: Mapping[str, Mapping[str, Any]] = {
        "one-by-one": {"management": ["manage-administrators", "manage-users"]},
        "together": {"administrator": True},
        "never": {},
    }
    people: Mapping[str, Mapping[str, Any]] = {
        "anna": administrator[rules.management.given],
        "ben": {},
        "gone": {"state": "deactivated"},
    }
    given = {
        "organisations": {"acme": {"accounts": {"hq": {}}} if rules.accounts else {}},
        "users": {
            alias: {"organisation": "acme", "email": f"{alias}@acme.example", **facts}
            for alias, facts in people.items()
        },
    }
    (scenario,) = parse(written("{check: mailed, to: a@b.example, expect: 0}", given=given, portal=portal), "here.yaml")
    world = begin(scenario, MemoryStore())
    for word, kinds in COMMANDS.items():
        fields = {name: VALUES[kind] for name, kind in kinds.items() if kind != "anything"}
        fields |= {"application": next(iter(rules.applications))} if "application" in kinds else {}
        for who in PEOPLE:
            answer = world.execute(word, who, fields)
            codes = getattr(answer, "codes", ())
            assert len(set(codes)) == len(codes), (word, who)
            if word not in rules.offers:
                assert codes in {("not-offered",), ("user-inactive",), ("sign-in-required",)}, (word, who)


# What fails says what came


@pytest.mark.parametrize(
    ("step", "expected", "outcome"),
    [
        ("{as: ben, do: delete, user: anna}", "accepted", "{refused: [management-right-missing, delete-forbidden]}"),
        ("{as: anna, do: sign-out, expect: {refused: [not-offered]}}", "{refused: [not-offered]}", "accepted"),
        ("{check: can, user: anna, right: ftp, expect: allow}", "allow", "{deny: [right-missing]}"),
        ("{check: can, user: anna, right: manage-users, expect: deny}", "deny", "allow"),
        (
            "{check: can, user: ben, right: ftp, expect: {deny: [user-inactive]}}",
            "{deny: [user-inactive]}",
            "{deny: [right-missing]}",
        ),
        (
            "{check: sees, user: ben, record: {type: deposit, owner: anna, account: hq}, expect: allow}",
            "allow",
            "{deny: [right-missing]}",
        ),
        ("{check: signed-in, browser: b, expect: anna}", "anna", "nobody"),
        ("{check: signed-in, browser: b, user: anna, expect: active}", "active", "anna never had a session there"),
        ("{check: users, organisation: acme, expect: [ben, anna]}", "[ben, anna]", "[anna, ben]"),
        ("{check: user, user: ben, expect: {administrator: true}}", "{administrator: true}", "{administrator: false}"),
        (
            "{check: rights, user: ben, application: emasspost, account: hq, expect: {rights: [creation]}}",
            "{rights: [creation]}",
            "{rights: [], resources: {}}",
        ),
        ("{check: who-can, application: emasspost, right: creation, account: acme/hq, expect: []}", "[]", "[anna]"),
        (
            "{check: choices, as: anna, user: cleo, application: emasspost, account: hq, expect: {offered: []}}",
            "{offered: []}",
            "{refused: [other-organisation]}",
        ),
        (
            "{check: applications, as: anna, user: ben, account: hq, expect: {offered: [emasspost]}}",
            "{offered: [emasspost]}",
            "select",
        ),
        (
            "{check: applications, as: anna, user: anna, account: hq, expect: select}",
            "select",
            "{offered: [emasspost, eshipper-international], has-rights: [emasspost]}",
        ),
        (
            "{check: profiles, application: eshipper-international, rights: [eshipper-light], expect: {fits: [etoe]}}",
            "{fits: [etoe]}",
            "{fits: [read-only]}",
        ),
        ("{check: mailed, to: anna@acme.example, expect: 1}", "1", "0"),
        (
            "{check: mailed, to: anna@acme.example, expect: {template: invitation}}",
            "{template: invitation}",
            '{template: ""}',
        ),
        ("{check: recorded, about: anna, expect: [SignedIn]}", "[SignedIn]", "[]"),
        ("{check: recorded, about: anna, expect: {includes: SignedIn}}", "{includes: SignedIn}", "[]"),
    ],
)
def test_a_step_that_fails_says_what_was_expected_and_what_came(step: str, expected: str, outcome: str) -> None:
    failure = played(step).failure
    assert failure is not None
    assert (failure.step, failure.expected, failure.came) == (1, expected, outcome)


def test_only_the_first_step_that_fails_is_told_with_its_place_and_the_sentences_of_the_reasons() -> None:
    outcome = played(
        "{check: mailed, to: anna@acme.example, expect: 0}\n"
        "{as: ben, do: create-user, details: {}}\n"
        "{check: mailed, to: anna@acme.example, expect: 7}"
    )
    failure = outcome.failure
    assert failure is not None
    where, expected, what_came, *messages = outcome.lines()
    assert where == f"here.yaml:{failure.line}, step 2: ben: create-user"
    assert (expected, what_came) == (
        "expected  accepted",
        "came      {refused: [management-right-missing, field-required]}",
    )
    assert "manage-users" in messages[0]
    assert "user name" in messages[1]


def test_lists_compare_in_any_order_but_refusals_are_exactly_these() -> None:
    refused = "{{as: ben, do: delete, user: anna, expect: {{refused: [{}]}}}}"
    assert played(refused.format("delete-forbidden, management-right-missing")).holds
    assert not played(refused.format("delete-forbidden")).holds


def test_an_error_of_the_library_fails_one_scenario_and_no_other() -> None:
    class Broken(MemoryStore):
        def outbox(self, **asked: Any) -> Any:  # noqa: ANN401 - it returns nothing
            raise LookupError(asked)

    @contextmanager
    def broken() -> Iterator[Store]:
        yield Broken()

    (scenario,) = parse(written("{check: mailed, to: anna@acme.example, expect: 0}"), "here.yaml")
    failure = run(scenario, broken).failure
    assert failure is not None
    assert failure.came.startswith("an error of the library: LookupError")


# Files that are not valid


def scenario_with(step: str) -> Callable[[], str]:
    return lambda: written(step)


def given_with(*path: str, value: object) -> Callable[[], str]:
    """Return a scenario whose facts differ from GIVEN in one place."""

    def changed(facts: Any, rest: tuple[str, ...]) -> Any:  # noqa: ANN401 - plain data
        if not rest:
            return value
        key: Any = int(rest[0]) if isinstance(facts, list) else rest[0]
        if isinstance(facts, list):
            return [changed(each, rest[1:]) if at == key else each for at, each in enumerate(facts)]
        return {**facts, key: changed(facts.get(key, {}), rest[1:])}

    return lambda: written("{check: mailed, to: a@b.example, expect: 0}", given=changed(GIVEN, path))


HEAD = "scenario: It holds\nportal: bpost\nnow: 2026-03-02T08:00:00Z\n"
STEPS = "steps: [{check: mailed, to: a@b.example, expect: 0}]\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (lambda: "", "no scenario in this file"),
        (lambda: "[a, b]", "a scenario is a map with scenario, portal, now, given and steps"),
        (lambda: "scenario: [a\n", "not valid YAML"),
        (lambda: HEAD + "step: []\n" + STEPS, "did you mean steps?"),
        (lambda: STEPS + "portal: bpost\nnow: 2026-03-02T08:00:00Z\n", "scenario: missing: add it"),
        (lambda: HEAD.replace("bpost", "bpots") + STEPS, "bpost"),
        (lambda: HEAD.replace("bpost", "[bpost]") + STEPS, "a shipped portal (bpost"),
        (lambda: HEAD.replace("It holds", '""') + STEPS, "a scenario has a title"),
        (lambda: HEAD.replace("T08:00:00Z", "") + STEPS, "no instant in UTC"),
        (lambda: HEAD.replace("00Z", "00+02:00") + STEPS, "no instant in UTC"),
        (lambda: HEAD.replace("2026-03-02T08:00:00Z", "[]") + STEPS, "no instant in UTC"),
        (lambda: HEAD + "steps: []\n", "a list of at least one step"),
        (lambda: HEAD + "steps: none\n", "a list of at least one step"),
        (lambda: HEAD + "steps: [sign-in]\n", "do: COMMAND or check: QUESTION"),
        (lambda: HEAD + "given: []\n" + STEPS, "given: a map is expected here"),
        (scenario_with("{do: sign-in, check: can}"), "do: COMMAND or check: QUESTION"),
        (scenario_with("{as: anna, do: grantt, user: ben}"), "no command is called 'grantt'; did you mean grant?"),
        (scenario_with("{check: cann, expect: allow}"), "no question is called 'cann'; did you mean can?"),
        (
            scenario_with("{as: anna, do: deactivate, usr: ben, user: ben}"),
            "no field is called 'usr'; did you mean user?",
        ),
        (scenario_with("{as: anna, do: invite, users: ben}"), "no field is called 'users'; did you mean user?"),
        (scenario_with("{as: anna, do: deactivate}"), "user: missing: add it"),
        (scenario_with("{as: anna, do: create-user, user: nobody}"), "is a word of scenario files"),
        (scenario_with("{do: deactivate, user: ben}"), "as: missing: say who acts"),
        (scenario_with("{as: ana, do: deactivate, user: ben}"), "no user or actor is called 'ana'; did you mean anna?"),
        (scenario_with("{as: anna, do: deactivate, user: benn}"), "no user is called 'benn'; did you mean ben?"),
        (
            scenario_with("{as: anna, do: grant, user: ben, application: emasspost, rights: creation}"),
            "rights: a list of names",
        ),
        (
            scenario_with("{as: anna, do: grant, user: ben, application: emasspost, resources: {product: letter}}"),
            "resources: lists by kind",
        ),
        (
            scenario_with("{as: operator, do: set-option, organisation: acme, option: ftp, enabled: maybe}"),
            "enabled: true or false is expected here",
        ),
        (
            scenario_with("{as: visitor, do: reset-password, password: x, token: {mailed: a@b.example}}"),
            "token: a literal, {mailed-to: ADDRESS}",
        ),
        (scenario_with("{as: anna, do: sign-out, after: 3 hours}"), "after: a duration is a whole number and a unit"),
        (scenario_with("{as: anna, do: sign-out, expect: refused}"), "accepted, or {refused: [code, …]}"),
        (scenario_with("{as: anna, do: sign-out, expect: {refused: []}}"), "accepted, or {refused: [code, …]}"),
        (scenario_with("{as: anna, do: sign-out, expect: {refused: [not-oferred]}}"), "did you mean not-offered?"),
        (scenario_with("{check: can, user: anna, right: ftp}"), "expect: missing: allow, deny, or {deny: [code]}"),
        (scenario_with("{check: can, user: anna, right: ftp, expect: yes}"), "allow, deny, or {deny: [code]}"),
        (
            scenario_with("{check: can, user: anna, right: ftp, expect: {deny: [right-mising]}}"),
            "did you mean right-missing?",
        ),
        (
            scenario_with("{check: can, user: anna, application: emasspost, right: creation, expect: allow}"),
            "account: missing",
        ),
        (scenario_with("{check: can, right: ftp, expect: deny}"), "user: missing"),
        (scenario_with("{check: signed-in, browser: b, expect: ana}"), "no user is called 'ana'; did you mean anna?"),
        (
            scenario_with("{check: users, organisation: acme, expect: [anna, bn]}"),
            "no user is called 'bn'; did you mean ben?",
        ),
        (scenario_with("{check: choices, user: ben, application: emasspost, account: hq, expect: {}}"), "as: missing"),
        (scenario_with("{check: user, user: ben, expect: {stat: active}}"), "a map of any of state, administrator"),
        (scenario_with("{check: user, user: ben, expect: {state: asleep}}"), "a map of any of state, administrator"),
        (scenario_with("{check: mailed, to: a@b.example, expect: none}"), "the number of mails"),
        (scenario_with("{check: mailed, to: a@b.example, expect: {template: invitaton}}"), "did you mean invitation?"),
        (scenario_with("{check: recorded, about: anna, expect: [SigndIn]}"), "did you mean SignedIn?"),
        (
            scenario_with("{check: recorded, about: anna, expect: [{refused: not-oferred}]}"),
            "did you mean not-offered?",
        ),
        (scenario_with("{check: recorded, about: anna, expect: {includes: SigndIn}}"), "did you mean SignedIn?"),
        (
            scenario_with("{check: recorded, about: anna, expect: {includes: {refused: nothing}}}"),
            "no refusal code is called",
        ),
        (
            scenario_with("{check: can, user: anna, right: ftp, resources: {product: [letter]}, expect: deny}"),
            "resources: one value of each kind, such as {product: letter}",
        ),
        (
            scenario_with("{check: sees, user: anna, record: {type: deposti}, expect: deny}"),
            "no record is called 'deposti'; did you mean deposit?",
        ),
        (
            scenario_with("{check: sees, user: anna, record: {type: deposit, owner: bn}, expect: deny}"),
            "no user is called 'bn'; did you mean ben?",
        ),
        (
            scenario_with(
                "{check: sees, user: anna, record: {type: deposit, product: letter, prodct: x}, expect: deny}"
            ),
            "unknown key prodct",
        ),
        (scenario_with("{check: sees, user: anna, record: {owner: ben}, expect: deny}"), "record: {type, owner"),
        (
            given_with("organisation", value={}),
            "given.organisation: no field is called 'organisation'; did you mean organisations?",
        ),
        (
            given_with("organisations", "acme", "acounts", value={}),
            "no field is called 'acounts'; did you mean accounts?",
        ),
        (given_with("organisations", "acme", "accounts", "hq", "contract", value={}), "did you mean contracts?"),
        (
            given_with("organisations", "acme", "accounts", "hq", "contracts", "BPI-1", "activ", value=True),
            "did you mean active?",
        ),
        (given_with("organisations", "acme", "subcontractor", value="perhaps"), "true or false is expected here"),
        (given_with("organisations", "acme", "domains", value="acme.example"), "a list is expected here"),
        (given_with("organisations", "acme", "accounts", value="hq"), "a map is expected here"),
        (given_with("organisations", "acme", "name", value=["Acme"]), "a text is expected here"),
        (given_with("organisations", "acme", "options", value=["fpt"]), "no option is called 'fpt'; did you mean ftp?"),
        (given_with("organisations", "acme", "domains", value=["acme"]), "'acme' is no e-mail domain"),
        (given_with("organisations", "a/b", value={}), "'a/b' cannot be the id of an organisation"),
        (given_with("organisations", "acme", "accounts", "a/b", value={}), "'a/b' cannot be the name of an account"),
        (
            given_with("organisations", "acme", "accounts", "depot", "applications", value=["emaspost"]),
            "did you mean emasspost?",
        ),
        (given_with("users", "ben", "nickname", value="B"), "no field is called 'nickname'"),
        (given_with("users", "ben", "email", value="ben at acme"), "'ben at acme' is no e-mail address"),
        (
            given_with("users", "ben", "organisation", value="acmee"),
            "no organisation is called 'acmee'; did you mean acme?",
        ),
        (given_with("users", "ben", "state", value="asleep"), "no state is called 'asleep'"),
        (given_with("users", "ben", "username", value="ANNA"), "anna has the name anna already"),
        (given_with("users", "ben", "username", value="a@b"), "'a@b' cannot be a user name"),
        (given_with("users", "ben", "details", value={"shoe-size": "43"}), "no field is called 'shoe-size'"),
        (
            given_with("users", "ben", "details", value={"gender": "men"}),
            "no gender is called 'men'; did you mean man?",
        ),
        (given_with("users", "ben", "management", value=["manage-user"]), "did you mean manage-users?"),
        (given_with("users", "ben", "administrator", value=True), "management rights are given one by one here"),
        (
            given_with("users", "operator", value={"organisation": "acme", "email": "o@acme.example"}),
            "is a word of scenario files",
        ),
        (given_with("users", "anna", "rights", "0", "application", value="emaspost"), "did you mean emasspost?"),
        (given_with("users", "anna", "rights", "0", "account", value="attic"), "no account of acme is called 'attic'"),
        (
            given_with("users", "anna", "rights", "0", "account", value="beta/hq"),
            "no account of acme is called 'beta/hq'",
        ),
        (
            given_with("users", "anna", "rights", "0", "rights", value=["create"]),
            "no right is called 'create'; did you mean creation?",
        ),
        (
            given_with("users", "anna", "rights", "0", "resources", value={"contract": ["BPI-1"]}),
            "no kind of resource is called 'contract'",
        ),
        (given_with("users", "anna", "rights", "0", "resources", value={"product": ["leter"]}), "did you mean letter?"),
        (
            given_with("users", "anna", "rights", "0", "resources", value={"billing-address": ["B3"]}),
            "no billing-address is called 'B3'",
        ),
        (
            given_with("users", "anna", "rights", "0", value={"application": "distriplanner", "account": "hq"}),
            "distriplanner is not on the account acme/hq",
        ),
        (
            given_with(
                "users",
                "anna",
                "rights",
                "0",
                value={"application": "eshipper-international", "account": "hq", "resources": {"contract": ["BPI-9"]}},
            ),
            "no contract is called 'BPI-9'",
        ),
        (
            given_with(
                "users",
                "anna",
                "rights",
                "0",
                value={"application": "eshipper-international", "account": "hq", "rights": ["customs-access"]},
            ),
            "customs-access belongs to nobody: no profile may hold it (BP-28)",
        ),
        (given_with("allow-list", value=["a@b.example"]), "the portal bpost has no allow list"),
    ],
)
def test_a_file_that_is_not_valid_says_why(text: Callable[[], str], says: str) -> None:
    found = problems(text())
    assert len(found) == 1, found
    assert says in found[0]
    assert found[0].startswith("here.yaml")


@pytest.mark.parametrize(
    ("portal", "fact", "says"),
    [
        ("edi", {"organisations": {"garage": {"accounts": {}}}}, "the portal edi has no accounts: leave them out"),
        ("edi", {"allow-list": ["lea"]}, "'lea' is no e-mail address"),
        (
            "edi",
            {"organisations": {"a": {"domains": ["x.example"]}, "b": {"domains": ["X.example"]}}},
            "x.example belongs to a already",
        ),
        (
            "edi",
            {
                "organisations": {"g": {}},
                "users": {"lea": {"organisation": "g", "email": "l@g.example", "username": "L"}},
            },
            "the portal edi has no user names",
        ),
        (
            "edi",
            {
                "organisations": {"g": {}},
                "users": {"lea": {"organisation": "g", "email": "l@g.example", "administrator": True}},
            },
            "the portal edi has no administrators",
        ),
        (
            "edi",
            {
                "organisations": {"g": {}},
                "users": {"lea": {"organisation": "g", "email": "l@g.example", "management": []}},
            },
            "the portal edi has no administrators",
        ),
        (
            "edi",
            {
                "organisations": {"g": {}},
                "users": {
                    "lea": {
                        "organisation": "g",
                        "email": "l@g.example",
                        "rights": [{"application": "leads", "rights": ["view-leads"]}],
                    }
                },
            },
            "in the portal edi every active user holds all rights",
        ),
    ],
)
def test_facts_are_possible_in_their_portal(portal: str, fact: object, says: str) -> None:
    assert says in problem(written("{check: mailed, to: a@b.example, expect: 0}", given=fact, portal=portal))


def test_every_problem_of_a_file_is_told_with_line_scenario_step_and_field() -> None:
    text = written(
        "{as: anna, do: deactivate, user: benn}\n{as: anna, do: sign-out, expect: {refused: [nothing]}, brwser: b}",
        title="Two mistakes",
    )
    line = text[: text.index("benn")].count("\n") + 1
    first, second, third = problems(text)
    assert first == (
        f"here.yaml:{line}: Two mistakes, step 1, user: "
        "no user is called 'benn'; did you mean ben? there are anna, ben, cleo"
    )
    assert second.startswith(f"here.yaml:{line + 1}: Two mistakes, step 2, brwser: no field is called 'brwser'")
    assert third.startswith(f"here.yaml:{line + 1}: Two mistakes, step 2, expect: no refusal code is called 'nothing'")


def test_nothing_of_a_file_is_valid_when_one_scenario_is_not() -> None:
    text = written("{check: mailed, to: a@b.example, expect: 0}", title="good")
    assert "bad" in problem(text + "---\n" + written("{as: nobody, do: sign-out}", title="bad"))


# YAML


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(YamlError, match="'a' stands twice here: first on line 1") as raised:
        documents("a: 1\nb: 2\na: 3\n")
    assert raised.value.line == 3


def test_aliases_serve_but_do_not_explode() -> None:
    assert documents("a: &x {b: [c]}\nd: *x\n") == ({"a": {"b": ["c"]}, "d": {"b": ["c"]}},)
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 9)
    )
    with pytest.raises(YamlError, match=f"more than {MOST_NODES} values"):
        documents(bomb)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x [*x]\n", r"\*x: no such anchor"),
        ("[" * 33 + "]" * 33, "more than 32 lists and maps"),
        ("[" * 100_000, "more than 32 lists and maps"),
        ("a: !!python/object:os.system x\n", "tags such as"),
        ("a: !!int 3\n", "tags such as"),
        ("{[a]: b}\n", "a key is a word"),
        ("a: \x00\n", "control characters|not allowed|special characters"),
        ("a: b: c\n", "mapping values are not allowed"),
    ],
)
def test_what_is_not_read_is_refused(text: str, says: str) -> None:
    with pytest.raises(YamlError, match=says):
        documents(text)


def test_yes_no_dates_and_numbers_stay_text() -> None:
    assert documents("{a: NO, b: 2026-03-02, c: 1e3, d: null, e: ~, f: '', g: 0x1F, on: off}") == (
        {"a": "NO", "b": "2026-03-02", "c": "1e3", "d": "null", "e": "~", "f": "", "g": "0x1F", "on": "off"},
    )


def test_a_file_is_utf_8_and_of_a_sensible_size(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    for data, says in ((b"#" * 1_000_001, "larger than 1000000 bytes"), (b"a: \xff", "byte 3 is not UTF-8")):
        file.write_bytes(data)
        with pytest.raises(ScenarioError, match=says):
            read(file)
    with pytest.raises(ScenarioError, match="No such file"):
        read(tmp_path / "y.yaml")


def test_a_folder_gives_its_files_at_any_depth_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("b.yaml", "a.yml", "inner/c.yaml", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [file.name for file in find([tmp_path, tmp_path / "b.yaml"])] == ["a.yml", "b.yaml", "c.yaml"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScenarioError, match="no scenario file"):
        find([tmp_path / "empty"])


# The command


GOOD = written("{check: mailed, to: a@b.example, expect: 0}", title="BP-04, GX-10 it holds")
BAD = written("{as: ben, do: delete, user: anna}", title="fails")
WRONG = written("{as: nobody-known, do: sign-out}", title="is not valid")


def told(tmp_path: Path, *texts: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Return exit status, output and errors of `partnerauth test`."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text)
    result = CliRunner().invoke(main, ["test", str(folder), *options])
    return result.exit_code, result.stdout, result.stderr


def test_the_exit_status_is_0_where_all_hold(tmp_path: Path) -> None:
    status, output, _ = told(tmp_path, GOOD)
    assert (status, output) == (0, "ok      BP-04, GX-10 it holds\n1 scenario: all hold\n")


def test_the_exit_status_is_1_where_one_fails_and_the_others_run_all_the_same(tmp_path: Path) -> None:
    status, output, _ = told(tmp_path, BAD, GOOD)
    assert status == 1
    lines = output.splitlines()
    assert lines[0] == "FAILED  fails"
    assert lines[1].endswith(", step 1: ben: delete anna")
    assert lines[2:4] == [
        "        expected  accepted",
        "        came      {refused: [management-right-missing, delete-forbidden]}",
    ]
    assert lines[-2:] == ["ok      BP-04, GX-10 it holds", "2 scenarios: 1 failed"]
    assert "\x1b" not in output


def test_the_exit_status_is_2_for_a_file_that_is_not_valid_and_nothing_runs(tmp_path: Path) -> None:
    status, output, errors = told(tmp_path, GOOD, WRONG)
    assert (status, output) == (2, "")
    assert "is not valid, step 1, as: no user or actor is called 'nobody-known'" in errors


def test_a_path_that_is_not_there_is_not_valid_either(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["test", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert "No such file" in result.stderr


def test_json_says_the_same(tmp_path: Path) -> None:
    status, output, _ = told(tmp_path, BAD, GOOD, options=("--json",))
    failed, holds = json.loads(output)["scenarios"]
    assert status == 1
    assert (failed["scenario"], failed["holds"], failed["failure"]["came"]) == (
        "fails",
        False,
        "{refused: [management-right-missing, delete-forbidden]}",
    )
    assert (holds["holds"], holds["failure"]) == (True, None)


def test_json_names_the_problems_of_a_file(tmp_path: Path) -> None:
    status, output, _ = told(tmp_path, WRONG, options=("--json",))
    (found,) = json.loads(output)["problems"]
    assert status == 2
    assert (found["scenario"], found["step"], found["field"]) == ("is not valid", 1, "as")


def test_the_command_starts_without_the_others() -> None:
    code = "import sys; from partnerauth.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(partnerauth.__file__).parents[1])}
    done = start([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert "test" in done.stdout
    assert "partnerauth.scenarios" not in done.stdout
    assert "pydantic" not in done.stdout


# The plugin


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "holds.scenario.yaml").write_text(GOOD)
    (tmp_path / "other.yaml").write_text("- not a scenario\n")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "fails.yaml").write_text(BAD)
    return tmp_path


def collected(suite: Path, *options: str) -> tuple[int, str]:
    """Return exit status and output of pytest with the plugin and no other, in a project of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "partnerauth.testing.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(partnerauth.__file__).parents[1]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    done = start(
        [*command, "-rA", *options, str(suite)],
        capture_output=True,
        text=True,
        check=False,
        cwd=suite,
        env=environment,
    )
    return done.returncode, done.stdout + done.stderr


def test_pytest_collects_files_that_end_in_scenario_yaml_and_no_others(suite: Path) -> None:
    status, output = collected(suite)
    assert (status, "1 passed" in output) == (0, True), output


def test_pytest_collects_the_folders_that_the_ini_option_names(suite: Path) -> None:
    (suite / "pytest.ini").write_text("[pytest]\npartnerauth_scenarios = policies\n")
    status, output = collected(suite)
    assert status == 1
    assert "1 failed, 1 passed" in output
    assert "step 1: ben: delete anna" in output
    assert "came      {refused: [management-right-missing, delete-forbidden]}" in output


def test_pytest_marks_a_scenario_with_the_rules_of_its_title(suite: Path) -> None:
    (suite / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n"
        "    print('RULES', [mark.args for item in items for mark in item.iter_markers('rule')])\n"
    )
    _, output = collected(suite, "-s", "--strict-markers")
    assert "RULES [('BP-04', 'GX-10')]" in output


def test_the_plugin_imports_the_library_only_once_there_is_a_scenario() -> None:
    code = (
        "import sys, partnerauth.testing.pytest_plugin; print(*(m for m in sys.modules if m.startswith('partnerauth')))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(partnerauth.__file__).parents[1])}
    done = start([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["partnerauth", "partnerauth.testing", "partnerauth.testing.pytest_plugin"]


def test_pytest_says_what_is_wrong_with_a_file(suite: Path) -> None:
    (suite / "wrong.scenario.yaml").write_text(WRONG)
    status, output = collected(suite)
    assert status == 2
    assert "no user or actor is called 'nobody-known'" in output


# Databases


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///{folder}/scenarios.db"])
@pytest.mark.parametrize("example", ["matrix", "questions", "registration"])
def test_a_database_gives_the_same_outcome(tmp_path: Path, url: str, example: str) -> None:
    empty = empty_stores(url.format(folder=tmp_path))
    outcomes = [run(scenario, empty) for scenario in read(EXAMPLES / f"{example}.yaml")]
    assert [each.lines() for each in outcomes if not each.holds] == []


def test_each_scenario_starts_in_an_empty_database_and_so_does_the_next_run(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/scenarios.db"
    text = written("{check: recorded, about: ben, expect: []}\n{as: anna, do: deactivate, user: ben}")
    (scenario,) = parse(text, "here.yaml")
    empty = empty_stores(url)
    assert run(scenario, empty).holds
    assert run(scenario, empty).holds
    assert run(scenario, empty_stores(url)).holds


@pytest.mark.parametrize("made", ["table", "text"])
def test_a_file_that_scenarios_did_not_make_is_never_wiped(tmp_path: Path, made: str) -> None:
    file = tmp_path / "portal.db"
    if made == "table":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE users (name TEXT)")
            connection.commit()
    else:
        file.write_text("a letter")
    before = file.read_bytes()
    (tmp_path / "x.yaml").write_text(GOOD)
    result = CliRunner().invoke(main, ["test", str(tmp_path / "x.yaml"), "--store", f"sqlite:///{file}"])
    assert result.exit_code == 2
    assert "it holds something that scenarios did not make" in result.stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("portal.db", "is no database URL"),
        ("mysql://localhost/portal", "scenarios run on SQLite and PostgreSQL, not on mysql"),
        ("sqlite:////nowhere/at/all/portal.db", "nowhere"),
    ],
)
def test_a_database_that_cannot_be_used_says_why(tmp_path: Path, url: str, says: str) -> None:
    (tmp_path / "x.yaml").write_text(GOOD)
    result = CliRunner().invoke(main, ["test", str(tmp_path / "x.yaml"), "--store", url])
    assert result.exit_code == 2
    assert says in result.stderr
