"""Turns syntax trees into functions, and refuses every node, name and attribute that is not on its list."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import CodeType, FunctionType

_STATEMENTS = (
    ast.FunctionDef,
    ast.arguments,
    ast.arg,
    ast.Return,
    ast.Assign,
    ast.If,
    ast.For,
    ast.Try,
    ast.ExceptHandler,
    ast.Expr,
    ast.Pass,
)
_EXPRESSIONS = (
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.Compare,
    ast.cmpop,
    ast.IfExp,
    ast.BinOp,
    ast.Add,
    ast.Call,
    ast.Name,
    ast.Load,
    ast.Store,
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.Dict,
    ast.Starred,
    ast.Attribute,
)
_ATTRIBUTES = frozenset({"__class__", "allowed", "get", "update"})


def functions(module: ast.Module, environment: dict[str, object]) -> dict[str, FunctionType]:
    """Return the functions that a module of function definitions defines, by name.

    `environment` is the only thing that they can see: its names become their globals, shared and live, and
    Python's builtins are shut out.  Nothing is executed to make them.

    Raises:
        ValueError: a node, an attribute or a name that is not white-listed.
    """
    environment["__builtins__"] = {}
    for definition in module.body:
        if not isinstance(definition, ast.FunctionDef):
            message = f"only functions are generated, not {type(definition).__name__}"
            raise ValueError(message)  # noqa: TRY004 - the tree is input, its class is its value
        _check(definition, environment)
    code = compile(ast.fix_missing_locations(module), "<casbin model>", "exec")
    return {part.co_name: FunctionType(part, environment) for part in _codes(code)}


def _codes(code: CodeType) -> Iterator[CodeType]:
    return (constant for constant in code.co_consts if isinstance(constant, CodeType))


def _check(definition: ast.FunctionDef, environment: dict[str, object]) -> None:
    nodes = list(ast.walk(definition))
    local = {node.arg for node in nodes if isinstance(node, ast.arg)}
    local |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in nodes:
        if not isinstance(node, _STATEMENTS + _EXPRESSIONS):
            message = f"{type(node).__name__} has no place in generated code"
        elif isinstance(node, ast.Attribute) and node.attr not in _ATTRIBUTES:
            message = f"attribute {node.attr!r} has no place in generated code"
        elif isinstance(node, ast.Name) and node.id not in local and node.id not in environment:
            message = f"name {node.id!r} means nothing in generated code"
        else:
            continue
        raise ValueError(message)
