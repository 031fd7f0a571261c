"""The usual kinds of Casbin models: lint finds nothing, and compiled they answer as pycasbin does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from tests.engine import raw
from tests.engine.differential import outcome

from partnerauth.policy.engine.compiled import CompiledEnforcer
from partnerauth.policy.engine.lint import lint, lint_rows

MODELS = sorted(path.stem for path in (Path(__file__).parent / "models").glob("*.conf"))


@dataclass(frozen=True)
class Document:
    owner: str


def text(name: str) -> str:
    return (Path(__file__).parent / "models" / f"{name}.conf").read_text(encoding="utf-8")


def rows(name: str) -> list[tuple[str, ...]]:
    lines = (Path(__file__).parent / "models" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    return [tuple(field.strip() for field in line.split(",")) for line in lines]


def compiled(name: str) -> CompiledEnforcer:
    return CompiledEnforcer(raw.enforcer(text(name), rows(name)))


@pytest.mark.parametrize("name", MODELS)
def test_lint_finds_nothing_in_a_usual_model(name: str) -> None:
    assert lint(text(name), name) == ()
    assert lint_rows(text(name), rows(name), name) == ()


@pytest.mark.parametrize("name", sorted({*MODELS} - {"abac"}))
def test_every_request_made_of_the_values_of_the_rows_is_answered_alike(name: str) -> None:
    reference = raw.enforcer(text(name), rows(name))
    made = compiled(name)
    fields = len(reference.model["r"]["r"].tokens)
    values = dict.fromkeys(value for row in rows(name) for value in row[1:])
    addresses = [value for value in values if value[0].isdigit()]
    names = [value for value in values if value not in addresses]
    pools = [names, [*addresses, "192.168.2.9"]] if name == "ip_match" else [[*names, "GET", "x"]] * fields
    if fields > 4:
        pools = [["anna", "bram", "x"], ["mail", "x"], ["create", "delete"], ["a1", "a2"], ["-", "letter", "x"]]
    for request in product(*pools):
        assert outcome(made.enforce, request) == outcome(reference.enforce, request), request
        assert outcome(made.enforce_ex, request) == outcome(reference.enforce_ex, request), request


@pytest.mark.parametrize(
    ("name", "request_", "allowed"),
    [
        ("acl", ("bram", "tariffs", "write"), True),
        ("acl", ("anna", "tariffs", "write"), False),
        ("acl_superuser", ("operator", "anything", "at all"), True),
        ("rbac", ("bram", "tariffs", "read"), True),
        ("rbac_domains", ("chloe", "acme", "tariffs", "write"), True),
        ("rbac_domains", ("chloe", "umbrella", "tariffs", "read"), False),
        ("rbac_resource_roles", ("bram", "contracts", "read"), True),
        ("deny_override", ("dirk", "contracts", "delete"), False),
        ("deny_override", ("dirk", "contracts", "read"), True),
        ("allow_and_deny", ("anna", "tariffs", "write"), True),
        ("allow_and_deny", ("bram", "tariffs", "write"), False),
        ("allow_and_deny", ("chloe", "tariffs", "delete"), False),
        ("priority", ("anna", "tariffs", "write"), True),
        ("priority", ("bram", "tariffs", "read"), True),
        ("priority_explicit", ("bram", "tariffs", "read"), False),
        ("rest_key_match2", ("bram", "/contracts/7/signature", "PUT"), True),
        ("ip_match", ("anna", "192.168.2.77"), True),
        ("in_operator", ("anna", "tariffs", "list"), True),
        ("abac", ("anna", Document("anna"), "read"), True),
        ("abac", ("anna", Document("bram"), "read"), False),
        ("abac", ("anna", Document("anna"), "delete"), False),
        ("rules_and_facts", ("anna", "mail", "create", "a1", "letter"), True),
        ("rules_and_facts", ("anna", "mail", "create", "a1", "parcel"), False),
        ("rules_and_facts", ("bram", "mail", "create", "a1", "-"), False),
    ],
)
def test_a_usual_model_decides_as_it_reads(name: str, request_: tuple[object, ...], allowed: bool) -> None:
    assert compiled(name).enforce(*request_) is allowed
    assert raw.enforcer(text(name), rows(name)).enforce(*request_) is allowed


@pytest.mark.parametrize("name", MODELS)
def test_what_is_not_looked_up_is_named(name: str) -> None:
    notes = {
        "rest_key_match": ["regexMatch(r.act, p.act): may raise, so it is tested row by row, in Casbin's order"],
        "rest_key_match2": [
            "keyMatch2(r.obj, p.obj): may raise, so it is tested row by row, in Casbin's order",
            "regexMatch(r.act, p.act): may raise, so it is tested row by row, in Casbin's order",
        ],
        "ip_match": [
            "ipMatch(r.address, p.network): may raise, so it is tested row by row, in Casbin's order",
            "r.sub == p.sub: not looked up, it stands after ipMatch(r.address, p.network)",
        ],
        "abac": ["r.sub == r.doc.owner: left to pycasbin's evaluator, row by row"],
    }
    if name != "rules_and_facts":
        assert list(compiled(name).fallbacks) == notes.get(name, [])


def test_texts_joined_in_the_matcher_are_left_to_pycasbin() -> None:
    assert all("left to pycasbin's evaluator" in note for note in compiled("rules_and_facts").fallbacks)
    assert len(compiled("rules_and_facts").fallbacks) == 3
