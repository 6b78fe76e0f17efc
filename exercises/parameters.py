"""What a learner may vary in a cell, each bound to one plain line of its code.

``POOL_SIZE = 5`` at the top level of a cell is what a parameter ``POOL_SIZE`` rewrites, so that
the code shown is always the code that ran. The one parameter that is of the run and not of the
code is ``workers``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from sandbox.protocol import MAX_WORKERS

WORKERS: Final = "workers"


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``parameters`` entry of a cell; ``value`` is read from the code, never written.

    Either ``min``, ``max`` and ``step``, all whole or any with a fraction, make a slider, or
    ``choices`` a list of texts. ``unit`` stands after the number: "s", "connections".
    """

    name: str
    label: str
    unit: str = ""
    min: int | float | None = None
    max: int | float | None = None
    step: int | float = 1
    choices: tuple[str, ...] = ()
    value: int | float | str = ""

    @property
    def has_fractions(self) -> bool:
        """Whether the code writes it with a decimal point."""
        return any(isinstance(each, float) for each in (self.min, self.max, self.step))


class ParameterRefused(Exception):
    """A parameter that the page could not offer; the text tells the author what to do."""


def bind(parameter: Parameter, code: str, workers: int) -> Parameter:
    """The parameter with the value that the cell gives it. Raises ParameterRefused."""
    _check_declaration(parameter)
    value = workers if parameter.name == WORKERS else _read_constant(parameter.name, code)
    _check_value(parameter, value)
    return msgspec.structs.replace(parameter, value=value)


def _check_declaration(parameter: Parameter) -> None:
    name, low, high = parameter.name, parameter.min, parameter.max
    if parameter.value != "":
        raise ParameterRefused(f"{name} declares a value: leave it out, it is read from the code")
    if not name.isidentifier() or not parameter.label.strip():
        raise ParameterRefused(f"{name!r} needs a label and the name of a constant")
    if parameter.choices:
        _check_choices(parameter)
    elif low is None or high is None:
        raise ParameterRefused(f"{name} needs min and max, or choices")
    elif not 0 <= low < high or not 0 < parameter.step <= high - low:
        raise ParameterRefused(f"{name} needs 0 <= min < max and a step that fits between them")
    elif name == WORKERS and (low < 1 or high > MAX_WORKERS or parameter.has_fractions):
        raise ParameterRefused(f"workers may be whole numbers from 1 to {MAX_WORKERS}")


def _check_choices(parameter: Parameter) -> None:
    name, choices = parameter.name, parameter.choices
    if name == WORKERS or parameter.min is not None or parameter.max is not None:
        raise ParameterRefused(f"{name} has choices and is a number: give either")
    if len(set(choices)) < max(2, len(choices)):
        raise ParameterRefused(f"{name} needs two choices or more, each once")
    if any(not each or not each.isprintable() or set(each) & set("\"'\\") for each in choices):
        raise ParameterRefused(f"the choices of {name} are texts without quotes and backslashes")


def _read_constant(name: str, code: str) -> int | float | str:
    values = list(_list_assigned(name, code))
    if not values:
        raise ParameterRefused(f"the code has no line {name} = ... at its top level: add it")
    if len(values) > 1:
        raise ParameterRefused(f"the code assigns {name} {len(values)} times: keep one")
    match values[0]:
        case ast.Constant(int() | float() | str() as value) if not isinstance(value, bool):
            return value
    raise ParameterRefused(f"{name} is no plain number or text in the code: write {name} = 5")


def _list_assigned(name: str, code: str) -> Iterator[ast.expr | None]:
    """What the top level of the code assigns to that name, also beside others."""
    for statement in ast.parse(code).body:
        match statement:
            case ast.Assign([ast.Name(given)], value) | ast.AnnAssign(ast.Name(given), _, value):
                if given == name:
                    yield value
            case ast.Assign() | ast.AugAssign():
                for each in ast.walk(statement):
                    if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                        yield from [None] * (each.id == name)


def _check_value(parameter: Parameter, value: int | float | str) -> None:
    name = parameter.name
    if parameter.choices:
        if value not in parameter.choices:
            raise ParameterRefused(f"{name} is {value!r} in the code, which is none of its choices")
        return
    if isinstance(value, str):
        raise ParameterRefused(f"{name} is a text in the code: give choices, or write a number")
    assert parameter.min is not None
    assert parameter.max is not None
    if isinstance(value, float) and not parameter.has_fractions:
        raise ParameterRefused(f"{name} is {value} in the code: give min, max or step as 0.1")
    low, high, step = (
        Decimal(str(each)) for each in (parameter.min, parameter.max, parameter.step)
    )
    if not low <= Decimal(str(value)) <= high:
        raise ParameterRefused(f"{name} is {value} in the code, outside {low} to {high}")
    if (Decimal(str(value)) - low) % step:
        raise ParameterRefused(f"{name} is {value} in the code: no step of {step} from {low}")
