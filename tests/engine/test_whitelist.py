"""Only white-listed syntax becomes a function."""

from __future__ import annotations

import ast

import pytest

from partnerauth.policy.engine.whitelist import functions


def made(text: str, **names: object) -> object:
    return functions(ast.parse(text), dict(names))["f"]()


def test_white_listed_syntax_runs() -> None:
    assert made("def f():\n    return ONE in (1, 2) and not ONE == 2", ONE=1) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os", "only functions are generated, not Import"),
        ("def f():\n    import os", "Import has no place"),
        ("def f():\n    return [x for x in ()]", "ListComp has no place"),
        ("def f():\n    return (lambda: 1)()", "Lambda has no place"),
        ("def f():\n    return ONE[0]", "Subscript has no place"),
        ("def f():\n    return ONE.__subclasses__", "attribute '__subclasses__' has no place"),
        ("def f():\n    return open", "name 'open' means nothing"),
        ("def f():\n    return __import__", "name '__import__' means nothing"),
        ("def f():\n    global x", "Global has no place"),
    ],
)
def test_ch_05_anything_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made(text, ONE=1)


def test_builtins_are_out_of_reach() -> None:
    environment: dict[str, object] = {}
    functions(ast.parse("def f(x):\n    return x"), environment)
    assert environment == {"__builtins__": {}}
