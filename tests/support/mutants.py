"""Mutants of a solution: small changes of the code inside its solution region.

Each mutant changes one place: an operator, a sign, a comparison, a constant, an axis, a called
function's twin (min and max, sum and mean, ...), an argument that is left out, a statement that
is dropped. A check is worth trusting when every mutant fails it, or when a reader has said why a
survivor computes the same thing.
"""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_BINARY = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_COMPARE = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_TWINS = {
    "min": "max",
    "max": "min",
    "argmin": "argmax",
    "argmax": "argmin",
    "sum": "mean",
    "mean": "sum",
    "exp": "log",
    "log": "exp",
    "log1p": "log",
    "sqrt": "square",
    "maximum": "minimum",
    "minimum": "maximum",
    "ceil": "floor",
    "floor": "ceil",
    "any": "all",
    "all": "any",
    "append": "extend",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "cumsum": "cumprod",
}


@dataclass(frozen=True)
class Mutant:
    """A changed solution and what was changed, without line numbers so that notes stay true."""

    change: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield the mutants of a solution cell, each only once.

    Parameters
    ----------
    source : str
        A cell with a ``### BEGIN SOLUTION`` region; only the region is mutated.
    """
    tree = ast.parse(source)
    first, last = _region(source)
    seen = {ast.unparse(tree)}
    named: Counter[str] = Counter()
    statements = _statements(tree)
    for index, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", None)
        if line is None or not first <= line <= last:
            continue
        for replaced in _replacements(node):
            mutant = copy.deepcopy(tree)
            target = next(n for i, n in enumerate(ast.walk(mutant)) if i == index)
            new = _Replace(target, replaced).visit(mutant)
            text = ast.unparse(ast.fix_missing_locations(new))
            if text not in seen:
                seen.add(text)
                change = f"{_short(statements[node])}: {_short(node)} -> {_short(replaced)}"
                named[change] += 1
                yield Mutant(f"{change} ({named[change]})" if named[change] > 1 else change, text)


def _statements(tree: ast.AST) -> dict[ast.AST, ast.stmt]:
    """Map each node to the innermost statement that it is part of."""
    owner: dict[ast.AST, ast.stmt] = {}

    def walk(node: ast.AST, statement: ast.stmt | None) -> None:
        statement = node if isinstance(node, ast.stmt) else statement
        owner[node] = statement
        for child in ast.iter_child_nodes(node):
            walk(child, statement)

    walk(tree, None)
    return owner


def _region(source: str) -> tuple[int, int]:
    lines = [line.strip() for line in source.splitlines()]
    return lines.index("### BEGIN SOLUTION") + 1, lines.index("### END SOLUTION") + 1


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, new: ast.AST | None):
        self.target, self.new = target, new

    def visit(self, node):
        return self.new if node is self.target else self.generic_visit(node)


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.BinOp(left, op, right):
            for other in _BINARY.get(type(op), ()):
                yield ast.BinOp(left, other(), right)
            if isinstance(op, ast.Sub | ast.Div | ast.MatMult):
                yield ast.BinOp(right, op, left)
        case ast.AugAssign(target, op, value):
            for other in _BINARY.get(type(op), ()):
                yield ast.AugAssign(target, other(), value)
            yield ast.Pass()
        case ast.UnaryOp(op, operand):
            if isinstance(op, ast.USub | ast.Not):
                yield operand
        case ast.Compare(left, [op], [right]):
            for other in _COMPARE.get(type(op), ()):
                yield ast.Compare(left, [other()], [right])
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
            if value:
                yield ast.Constant(value - 1)
        case ast.Call():
            yield from _calls(node)
        case ast.Slice(lower, upper, step):
            if lower is not None:
                yield ast.Slice(None, upper, step)
            if upper is not None:
                yield ast.Slice(lower, None, step)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.If() | ast.For() | ast.While() | ast.Expr():
            yield ast.Pass()
        case ast.Assign(value=value) if not isinstance(value, ast.Constant):
            if any(isinstance(target, ast.Subscript) for target in node.targets):
                yield ast.Pass()
        case ast.Return(value) if value is not None:
            if not isinstance(value, ast.Tuple):
                yield ast.Return(ast.UnaryOp(ast.USub(), value))


def _calls(node: ast.Call) -> Iterator[ast.Call]:
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", None)
    twin = _TWINS.get(name)
    if twin is not None:
        new = (
            ast.Attribute(func.value, twin, ast.Load())
            if isinstance(func, ast.Attribute)
            else ast.Name(twin, ast.Load())
        )
        yield ast.Call(new, node.args, node.keywords)
    for i in range(len(node.keywords)):
        yield ast.Call(func, node.args, node.keywords[:i] + node.keywords[i + 1 :])
    if len(node.args) >= 2:
        swapped = [node.args[1], node.args[0], *node.args[2:]]
        yield ast.Call(func, swapped, node.keywords)
    if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
        if name not in ("range", "len", "append", "list", "tuple", "set", "dict"):
            yield node.args[0]


def _short(node: ast.AST) -> str:
    """Render a node on one line; of a compound statement only the head."""
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    if isinstance(node, ast.stmt):
        text = text.splitlines()[0]
    return " ".join(text.split())[:70]
