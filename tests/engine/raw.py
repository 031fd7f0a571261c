"""pycasbin as it comes, without lint: what the tests compare with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import casbin
from casbin.model import Model

ALLOW = "some(where (p.eft == allow))"
NO_DENY = "!some(where (p.eft == deny))"
BOTH = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
PRIORITY = "priority(p.eft) || deny"


def conf(
    matcher: str,
    *,
    request: str = "sub, obj, act",
    policy: str = "sub, obj, act",
    roles: str = "",
    effect: str = ALLOW,
) -> str:
    """Return a model file; `roles` are the lines of its role definitions."""
    section = f"[role_definition]\n{roles}\n" if roles else ""
    return (
        f"[request_definition]\nr = {request}\n[policy_definition]\np = {policy}\n{section}"
        f"[policy_effect]\ne = {effect}\n[matchers]\nm = {matcher}\n"
    )


def enforcer(text: str, rows: Iterable[Sequence[object]] = ()) -> casbin.Enforcer:
    """Return an enforcer over rows as a policy file has them, the type of the row first."""
    model = Model()
    model.load_model_from_text(text)
    made = casbin.Enforcer(model)
    for kind, *values in rows:
        model[str(kind)[0]][kind].policy.append(values)
    model.sort_policies_by_priority()
    made.build_role_links()
    return made
