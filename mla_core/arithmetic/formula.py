"""A formula that is shown is the formula that is computed: one text for both."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from mla_core.records.problem import Problem

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.USub: operator.neg,
}
FUNCTIONS = {"min": np.minimum, "max": np.maximum}
NAME = re.compile(r"[A-Za-z_]\w*")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")
SIGNS = (("//", "÷"), ("*", "·"), ("/", "÷"), ("-", "−"))


class FormulaError(Problem, ValueError):
    """A formula without a value: a sentence."""

    sentences: ClassVar[Mapping[str, str]] = {
        "undefined": "{expression} has no value: {reason}",
        "unknown_name": "{name} has no value",
        "not_arithmetic": "{expression} is more than arithmetic",
    }


@dataclass(frozen=True)
class Formula:
    """Sums, products and quotients, min and max, of names and numbers.

    Attributes:
        expression: in Python's notation; `//` rounds down.
        values: what its names stand for; a name may also be given later.
    """

    expression: str
    values: Mapping[str, float] = field(default_factory=dict)

    def value(self, **more: Any) -> Any:
        """The result, a number, or an array where a name stands for one.

        Raises:
            FormulaError: a name has no value, a division by zero, or something else than arithmetic.
        """
        try:
            return _value(ast.parse(self.expression, mode="eval").body, {**self.values, **more})
        except (SyntaxError, ZeroDivisionError, OverflowError) as error:
            raise FormulaError.of(
                "undefined", expression=self.expression, reason=str(error)
            ) from None

    def named(self) -> str:
        """As it is read: names, and a dot for times."""
        return _signs(NUMBER.sub(lambda found: number(float(found[0])), self.expression))

    def filled(self, **more: float) -> str:
        """The same with every value filled in that is known."""
        known = {**self.values, **more}

        def fill(found: re.Match[str]) -> str:
            name = found[0]
            return f"{known[name]}" if name in known else name

        text = NAME.sub(fill, self.expression)
        return _signs(NUMBER.sub(lambda found: number(float(found[0])), text))

    def names(self) -> list[str]:
        """In the order in which they first appear."""
        return [
            name for name in dict.fromkeys(NAME.findall(self.expression)) if name not in FUNCTIONS
        ]


def number(value: float) -> str:
    """1234567.0 -> "1,234,567"; 0.75 -> "0.75"; what is larger than a person reads, in powers."""
    if value == int(value) and abs(value) < 1e16:
        return f"{int(value):,}"
    return f"{value:,.6g}"


def brief(value: float) -> str:
    """1234567.0 -> "1.23 M": at a glance."""
    for factor, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if abs(value) >= factor:
            return f"{value / factor:.3g} {sign}"
    return number(round(value, 2))


def _signs(text: str) -> str:
    for sign, shown in SIGNS:
        text = text.replace(sign, shown)
    return text


def _value(node: ast.AST, known: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name):
            if name not in known:
                raise FormulaError.of("unknown_name", name=name)
            return known[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, known), _value(right, known))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(operand, known))
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in FUNCTIONS:
            result = FUNCTIONS[name](*(_value(argument, known) for argument in arguments))
            return result.item() if np.ndim(result) == 0 else result
    raise FormulaError.of("not_arithmetic", expression=ast.unparse(node))
