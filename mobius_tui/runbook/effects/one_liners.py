"""One-liners of Python and Perl that only look: what `-c` and `-e` are given.

Each judge yields one change unless all of the code is made of parts that it knows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from mobius_tui.runbook.effects.command_effects import CommandTable
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK

_MAX_CODE = 2000
"""Characters of code that are read."""
_MODULES: Mapping[str, frozenset[str]] = {
    "json": frozenset(("load", "loads", "dumps")),
    "sys": frozenset(("stdin", "argv", "version", "version_info", "platform")),
    "re": frozenset(("search", "match", "fullmatch", "findall", "sub", "split")),
    "time": frozenset(("time", "strftime", "gmtime", "localtime")),
    "base64": frozenset(("b64decode", "b64encode")),
    "datetime": frozenset(("datetime", "date", "timedelta", "timezone")),
}
"""The modules that may be imported, and what may be used of each."""
_FUNCTIONS = frozenset(
    (
        *("print", "len", "str", "int", "float", "bool", "sorted", "sum", "min", "max"),
        *("abs", "round", "range", "enumerate", "zip", "list", "dict", "set", "tuple"),
        *("repr", "any", "all", "reversed", "isinstance"),
    )
)
_METHODS = frozenset(
    (
        *("get", "keys", "values", "items", "split", "strip", "join", "format", "read"),
        *("readlines", "splitlines", "lower", "upper", "startswith", "endswith"),
        *("decode", "encode", "rstrip", "lstrip", "isdigit", "group", "now", "utcnow"),
        *("isoformat", "strftime", "fromtimestamp", "timestamp", "total_seconds"),
    )
)
_NODES = (
    *(ast.Module, ast.Expr, ast.Import, ast.alias, ast.Assign, ast.Name, ast.Constant),
    *(ast.Attribute, ast.Call, ast.keyword, ast.Subscript, ast.Slice, ast.List),
    *(ast.Tuple, ast.Dict, ast.Set, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare),
    *(ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.ListComp, ast.GeneratorExp),
    *(ast.SetComp, ast.DictComp, ast.comprehension, ast.For, ast.If, ast.Pass),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
)
_PERL_LOOKS = re.compile(
    r"\s*(?:print(?:\s+(?:\$_|\$\.|\$\d))?(?:\s+(?:if|unless)\s+)?)?"
    r"(?:/(?:[^/\\@${(]|\\[^\n]|\((?!\?[?{]|\*))*/i?|\$\.\s*[<>=]=?\s*\d+)?\s*;?\s*"
)


def judge_python(
    code: str, _: CommandTable
) -> Iterator[tuple[Literal["change"], int, str]]:
    """Code that may do more than print what it has read."""
    if len(code) > _MAX_CODE or EXPANSION_MARK in code or not _only_looks(code):
        yield "change", 0, code


def _only_looks(code: str) -> bool:
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    own = {
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    known = own | _FUNCTIONS | set(_MODULES)
    return all(
        isinstance(node, _NODES)
        and _may_stand(node)
        and (not isinstance(node, ast.Name) or node.id in known)
        for node in nodes
    )


def _may_stand(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return all(each.name in _MODULES and not each.asname for each in names)
        case ast.Name(id=name, ctx=ast.Store()):
            return name not in _MODULES and name not in _FUNCTIONS
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            return False
        case ast.Attribute(value=ast.Name(id=module), attr=name) if module in _MODULES:
            return name in _MODULES[module]
        case ast.Attribute(attr=name):
            return not name.startswith("_")
        case ast.Call(func=ast.Name(id=name)):
            return name in _FUNCTIONS and not _has_file(node)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)):
            return name in _MODULES.get(module, _METHODS)
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _METHODS
        case ast.Call():
            return False
    return True


def _has_file(call: ast.Call) -> bool:
    return any(each.arg in (None, "file") for each in call.keywords)


def judge_perl(
    code: str, _: CommandTable
) -> Iterator[tuple[Literal["change"], int, str]]:
    """Code that may do more than print the lines that match."""
    if len(code) > _MAX_CODE or _PERL_LOOKS.fullmatch(code) is None:
        yield "change", 0, code
