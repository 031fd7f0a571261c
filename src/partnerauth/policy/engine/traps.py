"""What pycasbin accepts in silence, one trap a row: what goes wrong, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

TRAPS: Mapping[str, tuple[str, str]] = {
    "comment-after-definition": (
        "the comment becomes part of what is defined, a deny row can vanish with it",
        "give the comment a line of its own",
    ),
    "broken-continuation": (
        "the definition ends at this line, and what comes after it is ignored",
        "remove the blank line or comment after the backslash",
    ),
    "unknown-section": ("section [{0}] is ignored", "write one of: {1}"),
    "not-a-definition": ("{0!r} defines nothing", "write `name = value` below a section"),
    "unknown-definition": ("{0!r} is ignored in this section", "write {1!r}"),
    "numbered-definition": (
        "{0!r} is used only when a request asks for it, and the effect is always 'e'",
        "put the rules of each model into a file of its own",
    ),
    "numbering-gap": ("{0!r} is ignored: there is no {1!r}", "number role definitions g, g2, g3 …"),
    "defined-twice": ("{0!r} is defined above as well, only the last one counts", "keep one of the two"),
    "missing-definition": ("nothing defines {0!r}", "add `{0} = …` below [{1}]"),
    "unknown-effect": ("the effect {0!r} is none that pycasbin knows", "write one of: {1}"),
    "effect-without-eft": (
        "the effect asks for p.eft, and rows have no such field: every row allows",
        "add the field eft to the policy definition",
    ),
    "bad-field": ("{0!r} is no name for a field", "use letters, digits and underscores"),
    "repeated-field": ("the field {0!r} is there twice, only the last one counts", "rename one of the two"),
    "bad-role-definition": ("{0!r} defines no roles", "write `_, _`, or `_, _, _` with a domain"),
    "conditional-role": (
        "a conditional role definition breaks plain ones: g(x, y) then asks whether x and y are equal",
        "use plain role definitions only",
    ),
    "eval": (
        "eval() runs the text of policy rows as code, and no row can be looked up",
        "write the rule into the matcher",
    ),
    "not-one-expression": (
        "the matcher is {0}, and only part of it would count",
        "write one expression, with == to compare and && or || to join",
    ),
    "literal-rewritten": (
        "pycasbin rewrites the text {0} as if it were code",
        "keep r., p., &&, ||, ! and # out of texts in the matcher",
    ),
    "unknown-name": ("{0!r} is no field of a request or row", "use one of: {1}"),
    "unknown-function": ("there is no function {0!r}", "use one of: {1}"),
    "unused-policy-field": (
        "the matcher does not mention p.{0}: a row applies whatever it says there",
        "use p.{0} in the matcher, or remove the field",
    ),
    "unused-request-field": (
        "the matcher does not mention r.{0}: a request is answered whatever it says there",
        "use r.{0} in the matcher, or remove the field",
    ),
    "role-arity": ("{0} takes {1} values, not {2}", "give it as many as its role definition has"),
    "substring-test": (
        "{0!r} asks for a part of a text: 'al' is in 'alice'",
        "compare with ==, or write a list of values: in (a, b)",
    ),
    "identity-test": (
        "{0!r} asks whether two texts are one object in memory, as they may or may not be",
        "compare with == or !=",
    ),
    "not-text": ("{0!r} is not a text", "write it as a text"),
    "unknown-row-type": ("a row of type {0!r} is ignored", "use one of: {1}"),
    "wrong-number-of-fields": ("{0} fields where the model has {1}", "write {1} values after the type"),
    "unknown-eft": (
        "the effect {0!r} counts as neither allow nor deny: the row is ignored",
        "write allow or deny",
    ),
    "deny-ignored": ("the model's effect does not look at deny rows", "use an effect with deny"),
    "bad-priority": ("the priority {0!r} is no whole number", "write digits only"),
    "repeated-row": ("the row is there twice, removing it would leave one", "keep one of the two"),
    "breaks-in-file": (
        "{0!r} does not come back from a policy file",
        "keep commas, quotes, line ends, unpaired brackets and outer spaces out of values",
    ),
    "empty-policy": (
        "without rows pycasbin matches empty texts (a compiled model denies everything)",
        "add a row",
    ),
}
"""Every trap: what goes wrong, and what to write instead.  Numbers stand for the facts of a finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that pycasbin would get wrong, and what to do about it.

    `line` is the line of the model file, or for rows the place of the row; both count from 1.
    """

    name: str
    line: int
    trap: str
    message: str
    fix: str

    def __str__(self) -> str:
        """The finding as a line of output."""
        return f"{self.name}:{self.line}: {self.trap}: {self.message}; {self.fix}"


Found: TypeAlias = tuple[int, str, tuple[object, ...]]
"""A line, the trap in it, and the facts that its texts name."""


def findings(name: str, found: Iterable[Found]) -> tuple[Finding, ...]:
    """Return what was found in a file, in the order of its lines."""
    return tuple(
        Finding(name, line, trap, TRAPS[trap][0].format(*facts), TRAPS[trap][1].format(*facts))
        for line, trap, facts in sorted(found, key=lambda finding: finding[0])
    )
