"""Small faults of every kind, put into a source one at a time.

Each fault replaces a piece of the text, so that the rest keeps its comments and form. mutmut and
cosmic-ray have operators too: theirs change expressions only (no statement dropped or swapped, no
forgotten reset, nothing shared by mistake, no missing `await`), and come with the machinery that
runs them (textual, libcst; sqlalchemy, gitpython) and that the judge is instead of here.
"""

import ast
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

OTHER_SIGN = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "is not": "is", "is": "is not", "not in": "in", "in": "not in",
    "+": "-", "-": "+", "*": "/", "/": "*", "//": "/", "%": "//", "**": "*",
    "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|",
}  # fmt: skip
SIGNS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|",
    ast.BitXor: "^", ast.And: "and", ast.Or: "or",
}  # fmt: skip
OTHER_NAME = {
    "min": "max", "any": "all", "strip": "rstrip", "lower": "upper", "startswith": "endswith",
    "split": "rsplit", "partition": "rpartition", "find": "rfind", "index": "rindex",
    "removeprefix": "removesuffix", "ceil": "floor",
}  # fmt: skip
OTHER_NAME |= {new: old for old, new in OTHER_NAME.items()}
PURE = {
    "abs", "bool", "bytes", "dict", "float", "int", "len", "list", "max", "min", "range", "repr",
    "round", "set", "str", "sum", "tuple",
}  # fmt: skip
MAKERS = {"list", "dict", "set", "bytearray", "deque", "defaultdict"}
JUMPS = ast.Return | ast.Raise | ast.Break | ast.Continue
ASSIGNS = ast.Assign | ast.AugAssign | ast.AnnAssign
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef

Span = tuple[int, int]
Edit = tuple[str, Span, str]
"""What kind of fault, which characters of the source, and what stands there instead."""


@dataclass(frozen=True)
class Fault:
    """A source with one small fault.

    Attributes:
        kind: e.g. "statement dropped".
        line: where it is, counted from 1.
    """

    kind: str
    line: int
    source: str


def faults(source: str) -> list[Fault]:
    """Every small fault of a Python source, in the order of its lines; none stands twice."""
    found: dict[str, Fault] = {same(source): Fault("", 0, source)}
    for kind, (start, end), new in sorted(_Source(source).edits(), key=lambda edit: edit[1]):
        changed = source[:start] + new + source[end:]
        try:
            with warnings.catch_warnings(action="ignore"):
                compile(changed, "", "exec")
        except SyntaxError:
            continue
        line = source.count("\n", 0, start) + 1
        found.setdefault(same(changed), Fault(kind, line, changed))
    return list(found.values())[1:]


def same(source: str) -> str:
    """What two sources have in common that differ in comments and white space only."""
    with warnings.catch_warnings(action="ignore"):
        return ast.dump(ast.parse(source))


class _Source:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self.lines = [line.encode() for line in text.splitlines(keepends=True)]
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line.decode()))
        self.stored = Counter(
            node.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )

    def at(self, line: int, column: int) -> int:
        # ast counts columns in bytes of UTF-8.
        return self.starts[line - 1] + len(self.lines[line - 1][:column].decode())

    def span(self, node: ast.AST) -> Span:
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def edits(self) -> Iterator[Edit]:
        for node in _nodes(self.tree):
            yield from self.expression(node)
            yield from self.statement(node)
            for block in ("body", "orelse", "finalbody"):
                if isinstance(statements := getattr(node, block, None), list):
                    yield from self.block(node, block, statements)

    def expression(self, node: ast.AST) -> Iterator[Edit]:
        match node:
            case ast.Compare(left=left, ops=signs, comparators=values):
                for one, sign, other in zip([left, *values], signs, values, strict=False):
                    yield from self.sign("comparison", one, sign, other)
                    if isinstance(sign, ast.In | ast.NotIn):
                        yield from self.dropped(getattr(other, "elts", []), "element dropped")
            case ast.BinOp(left=left, op=sign, right=right):
                yield from self.sign("arithmetic", left, sign, right)
            case ast.AugAssign(target=target, op=sign, value=value):
                yield from self.sign("arithmetic", target, sign, value)
                between = self.between(target, value)
                yield "arithmetic", between, " = "
            case ast.BoolOp(op=sign, values=values):
                here, there = ("and", "or") if isinstance(sign, ast.And) else ("or", "and")
                parts = [f"({self.of(value)})" for value in values]
                yield "and/or", self.span(node), f" {there} ".join(parts)
                for index in range(len(parts)):
                    rest = f" {here} ".join(parts[:index] + parts[index + 1 :])
                    yield (
                        "condition dropped",
                        self.span(node),
                        rest if len(parts) == 2 else f"({rest})",
                    )
            case ast.UnaryOp(operand=operand):
                yield "sign or `not` dropped", self.span(node), f"({self.of(operand)})"
            case ast.IfExp(test=test):
                yield from self.condition(test)
            case ast.comprehension(ifs=tests):
                for test in tests:
                    yield from self.condition(test, always=(True,))
            case ast.Constant(value=value):
                for new in _other_values(value, self.of(node)):
                    yield "constant changed", self.span(node), new
            case ast.JoinedStr():
                yield "constant changed", self.span(node), f'{self.of(node)} "x"'
            case ast.Slice(lower=lower, upper=upper):
                yield from self.shifted([lower, upper])
            case ast.Await(value=value):
                yield "`await` forgotten", self.span(node), self.of(value)
            case ast.Call():
                yield from self.call(node)
            case ast.Dict(keys=keys, values=values):
                start = [key or value for key, value in zip(keys, values, strict=True)]
                yield from self.dropped(start, "element dropped", self.span(node)[1] - 1)
            case ast.Set(elts=elements):
                yield from self.dropped(elements, "element dropped")

    def call(self, node: ast.Call) -> Iterator[Edit]:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else self.of(node.func)
        if name in OTHER_NAME:
            _, end = self.span(node.func)
            yield "another function", (end - len(name), end), OTHER_NAME[name]
        if name == "range":
            yield from self.shifted(node.args)
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        keywords = [self.of(keyword) for keyword in node.keywords]
        given = [self.of(argument) for argument in node.args]
        span = (self.span(node.func)[1], self.span(node)[1])
        if node.args and (len(arguments) > 1 or isinstance(node.func, ast.Attribute)):
            yield "argument dropped", span, f"({', '.join(given[:-1] + keywords)})"
        for index in range(len(keywords)):
            rest = given + keywords[:index] + keywords[index + 1 :]
            yield "argument dropped", span, f"({', '.join(rest)})"

    def sign(self, kind: str, one: ast.AST, sign: ast.AST, other: ast.AST) -> Iterator[Edit]:
        here, (start, end) = SIGNS[type(sign)], self.between(one, other)
        gap = self.text[start:end]
        if here in gap:
            yield kind, (start, end), gap.replace(here, OTHER_SIGN[here], 1)

    def between(self, one: ast.AST, other: ast.AST) -> Span:
        return self.span(one)[1], self.span(other)[0]

    def dropped(
        self, elements: list[ast.expr], kind: str, end: int | None = None
    ) -> Iterator[Edit]:
        """Each of some elements left out; the last one goes up to `end`, or to its own."""
        starts = [self.span(element)[0] for element in elements]
        for index, element in enumerate(elements):
            last = end or self.span(element)[1]
            yield kind, (starts[index], [*starts[1:], last][index]), ""

    def shifted(self, bounds: Iterable[ast.expr | None]) -> Iterator[Edit]:
        for bound in bounds:
            if bound is not None and not isinstance(bound, ast.Constant):
                yield "border by one", self.span(bound), f"{self.of(bound)} + 1"

    def condition(self, test: ast.expr, always: tuple[bool, ...] = (True, False)) -> Iterator[Edit]:
        sign = SIGNS[type(test.ops[0])] if isinstance(test, ast.Compare) else "<"
        if not isinstance(test, ast.UnaryOp) and sign in ("<", "<=", ">", ">="):
            yield "condition negated", self.span(test), f"not ({self.of(test)})"
        for value in always:
            yield f"condition always {value}", self.span(test), str(value)

    def statement(self, node: ast.AST) -> Iterator[Edit]:
        match node:
            case ast.If(test=test):
                yield from self.condition(test)
            case ast.While(test=test) if not isinstance(test, ast.Constant):
                yield from self.condition(test, always=(True,))
            case ast.Return(value=ast.expr() as value) if self.of(value) != "None":
                yield "returns nothing", self.span(node), "return"
            case ast.Raise(exc=ast.Call(func=kind) | (ast.Name() as kind)):
                yield "another exception", self.span(kind), "Exception"
            case ast.Break():
                yield "`continue` for `break`", self.span(node), "continue"
            case ast.Continue():
                yield "`break` for `continue`", self.span(node), "break"
            case ast.With() | ast.AsyncWith() if not any(i.optional_vars for i in node.items):
                start = self.span(node)[0]
                yield "`with` forgotten", (start, self.span(node.body[0])[0]), self.header(node)
            case ast.ExceptHandler(type=kind, body=body):
                yield (
                    "exception not caught",
                    (self.span(body[0])[0], self.span(body[-1])[1]),
                    "raise",
                )
                yield from self.dropped(getattr(kind, "elts", []), "exception not caught")
            case ast.ClassDef():
                yield from self.class_state(node)

    def header(self, node: ast.With | ast.AsyncWith) -> str:
        """An `if True:` in place of the line, or lines, of a `with`."""
        first = self.span(node.body[0])[0]
        line = self.starts[node.body[0].lineno - 1]
        return "if True:\n" + self.text[line:first]

    def block(self, owner: ast.AST, name: str, statements: list[ast.stmt]) -> Iterator[Edit]:
        alone = name == "body" and isinstance(owner, ast.If) and not owner.orelse
        last = statements[-1] if isinstance(owner, FUNCTIONS) else None  # a return says the same
        for statement in statements:
            if statement is last and isinstance(statement, ast.Return):
                continue
            if self.can_go(statement) and not (alone and len(statements) == 1):
                yield "statement dropped", self.span(statement), "pass"
        for one, other in pairwise(statements):
            if self.can_swap(one, other):
                start, end = self.between(one, other)
                swapped = self.of(other) + self.text[start:end] + self.of(one)
                yield "statements swapped", (self.span(one)[0], self.span(other)[1]), swapped
        if isinstance(owner, ast.For | ast.AsyncFor | ast.While) and name == "body":
            _, end = self.span(statements[-1])
            if not isinstance(statements[-1], JUMPS):
                indent = " " * statements[-1].col_offset
                yield "one round of the loop only", (end, end), f"\n{indent}break"
        if isinstance(owner, FUNCTIONS) and name == "body":
            for statement in statements:
                if isinstance(statement, ast.Assign) and _is_made(statement.value):
                    [target] = statement.targets[:1]
                    made = f"{owner.name}.__dict__.setdefault({self.of(target)!r}, "
                    if isinstance(target, ast.Name) and owner in self.tree.body:
                        new = f"{made}{self.of(statement.value)})"
                        yield "shared by all calls", self.span(statement.value), new

    def can_go(self, node: ast.stmt) -> bool:
        match node:
            case ast.Expr(value=ast.Constant()):
                return False
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return self.stored[name] > 1  # else whoever reads it fails at once
            case ast.Return(value=None) | ast.Assign(targets=[ast.Tuple()]):
                return isinstance(node, ast.Return)
        return isinstance(
            node, ASSIGNS | ast.Expr | ast.Delete | ast.Nonlocal | ast.Global | ast.For
            | ast.AsyncFor | ast.While | JUMPS
        )  # fmt: skip

    def can_swap(self, one: ast.stmt, other: ast.stmt) -> bool:
        movable = ASSIGNS | ast.Expr | ast.If | ast.For | ast.AsyncFor | ast.Delete
        if not (isinstance(one, movable) and isinstance(other, movable)):
            return False
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
            return False
        return not (
            _is_pure(one)
            and _is_pure(other)
            and not self.written(one) & self.names(other)
            and not self.written(other) & self.names(one)
        )

    def names(self, node: ast.AST) -> set[str]:
        return {
            self.of(each)
            for each in ast.walk(node)
            if isinstance(each, ast.Name | ast.Attribute | ast.Subscript)
        }

    def written(self, node: ast.AST) -> set[str]:
        return {
            self.of(each)
            for each in ast.walk(node)
            if isinstance(getattr(each, "ctx", None), ast.Store | ast.Del)
        }

    def class_state(self, node: ast.ClassDef) -> Iterator[Edit]:
        """What `__init__` makes for each object, made once for all of them."""
        for method in node.body:
            if not isinstance(method, FUNCTIONS) or method.name != "__init__":
                continue
            given = {argument.arg for argument in [*method.args.args, *method.args.kwonlyargs]}
            start, indent = self.span(method)[0], " " * method.col_offset
            for statement in method.body:
                target = getattr(statement, "target", None) or getattr(statement, "targets", [0])[0]
                value = getattr(statement, "value", None)
                if not isinstance(target, ast.Attribute) or not _is_made(value):
                    continue
                if not self.names(value) & given:
                    here, end = self.span(statement)
                    before = f"{target.attr} = {self.of(value)}\n\n{indent}{self.text[start:here]}"
                    yield "shared by all objects", (start, end), f"{before}pass"


def _nodes(node: ast.AST, raised: bool = False) -> Iterator[ast.AST]:
    """The nodes that mean something: no annotations, no docstrings, no messages of exceptions."""
    yield node
    raised = raised or isinstance(node, ast.Raise)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            text = isinstance(child, ast.JoinedStr) or (
                isinstance(child, ast.Constant) and isinstance(child.value, str)
            )
            if isinstance(child, ast.AST) and not (text and (raised or isinstance(node, ast.Expr))):
                yield from _nodes(child, raised)


def _other_values(value: object, written: str) -> list[str]:
    if isinstance(value, bool):
        return [str(not value)]
    if isinstance(value, int):
        form = {"0x": hex, "0b": bin}.get(written[:2].lower(), str)
        return [form(value + 1), form(value - 1) if value else "(-1)"]
    if isinstance(value, float):
        return [repr(value * 2), repr(value / 2)]
    if isinstance(value, str):
        return [repr(value + "x")]
    return [repr(value + b"x")] if isinstance(value, bytes) else []


def _is_made(value: ast.AST | None) -> bool:
    """Whether an expression makes something new that can change."""
    if isinstance(value, ast.Call):
        name = getattr(value.func, "attr", None) or getattr(value.func, "id", "")
        return name in MAKERS or name[:1].isupper()
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp)


def _is_pure(node: ast.stmt) -> bool:
    """Whether a statement only computes, so that what it does not name can't tell when."""
    acts = ast.Await | ast.Yield | ast.YieldFrom
    for each in ast.walk(node):
        if isinstance(each, acts) or not isinstance(node, ASSIGNS):
            return False
        if isinstance(each, ast.Call) and not (
            isinstance(each.func, ast.Name) and each.func.id in PURE
        ):
            return False
    return True
