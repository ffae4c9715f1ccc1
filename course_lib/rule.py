"""What an update rule is: one equation-like function, its state, and where it wants its gradient."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import math
import textwrap
import types
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import numpy
from numpy.typing import NDArray

FloatArray = NDArray[numpy.floating[Any]]

_RULES: dict[str, Rule] = {}

RULES: Mapping[str, Rule] = MappingProxyType(_RULES)
"""Every rule of the library by name; a rule enters by being defined."""

SCALAR = types.SimpleNamespace(
    pi=math.pi,
    sqrt=math.sqrt,
    power=math.pow,
    exp=math.exp,
    log=math.log,
    sin=math.sin,
    cos=math.cos,
    tanh=math.tanh,
    abs=abs,
    floor=lambda x: float(math.floor(x)),
    sign=lambda x: x if x != x else float((x > 0) - (x < 0)),
    maximum=lambda a, b: a if a > b or a != a else b,
    minimum=lambda a, b: a if a < b or a != a else b,
    where=lambda condition, a, b: a if condition else b,
)
"""What rules and surfaces use of NumPy, for plain Python floats: several times faster than arrays of size two."""


class Rule:
    """An update rule: a function with the signature ``(theta, g, *state, t, *, hyperparameters)``.

    Made by `update_rule`. Calling it is calling the function: nothing is checked, nothing is changed in place.

    Parameters
    ----------
    function : callable
        The equations, one assignment a line; its only free names are ``np`` and built-ins.
    state : dict of str to float
        The state arrays by name, in the order of the signature, each with the value it starts from.
    elementwise : bool
        Whether it acts on each parameter alone; a matrix method, which does not, acts on the last two axes.

    Raises
    ------
    TypeError
        If the signature is not that of a rule, or it returns something else than theta and the state, as far as its last
        line tells; the message names the difference.
    """

    def __init__(self, function: Callable[..., Any], state: dict[str, float], *, elementwise: bool = True):
        self.function = function
        self.name = function.__name__
        self.state = state
        self.elementwise = elementwise
        self.hyperparameters = _read_signature(function, tuple(state))
        _check_return(self)
        self._required = [name for name, value in self.hyperparameters.items() if value is inspect.Parameter.empty]
        self.where_function: Callable[..., Any] | None = None
        self._where_names: tuple[str, ...] = ()
        functools.update_wrapper(self, function)

    def __call__(self, theta: Any, g: Any, *state_and_t: Any, **hyperparameters: Any) -> Any:
        """Apply the rule once and return theta and the new state, in order."""
        return self.function(theta, g, *state_and_t, **hyperparameters)

    def where(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate the function of theta, state and hyperparameters that says where the gradient is taken.

        Parameters
        ----------
        function : callable
            Signature ``(theta, *state, *, hyperparameters)``; the hyperparameters are a subset of the rule's.

        Returns
        -------
        callable
            The function itself.

        Raises
        ------
        TypeError
            If its arguments are not theta, the state and hyperparameters of the rule.
        """
        expected = ("theta", *self.state)
        unknown = set(keyword_defaults(function)) - set(self.hyperparameters)
        if positional_names(function) != expected or unknown:
            raise TypeError(
                f"{self.name}.where: expected ({', '.join(expected)}, *, hyperparameters of {self.name}), "
                f"got {inspect.signature(function)}"
            )
        self.where_function, self._where_names = function, tuple(keyword_defaults(function))
        return function

    def check_result(self, moved: Any) -> Any:
        """Refuse what a function returned that is not theta and the new state.

        Parameters
        ----------
        moved : object
            What it returned.

        Returns
        -------
        tuple
            The same.

        Raises
        ------
        TypeError
            If it is not a tuple of the right length.
        """
        if not isinstance(moved, (tuple, list)) or len(moved) != 1 + len(self.state):
            several = isinstance(moved, (tuple, list))
            came = f"{len(moved)} values" if several else f"one value of type {type(moved).__name__}"
            raise TypeError(f"rule {self.name!r} must return {self._returns}, got {came}")
        return moved

    @property
    def _returns(self) -> str:
        """What is to be returned, as one would write it."""
        return f"({', '.join(['theta', *self.state])}{'' if self.state else ','})"

    def where_hyperparameters(self, hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
        """Pick those hyperparameters that the look-ahead function takes."""
        return {name: hyperparameters[name] for name in self._where_names}

    def with_defaults(self, hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
        """Fill in the defaults of the signature.

        Parameters
        ----------
        hyperparameters : mapping of str to value
            What the caller gave.

        Returns
        -------
        dict
            A value for every hyperparameter, in the order of the signature.

        Raises
        ------
        TypeError
            If a name is unknown (the nearest known one is suggested) or one without default is missing.
        """
        if not hyperparameters.keys() <= self.hyperparameters.keys():
            check_names(f"rule {self.name!r}", "hyperparameter", hyperparameters, self.hyperparameters)
        filled = {**self.hyperparameters, **hyperparameters}
        missing = [name for name in self._required if name not in hyperparameters]
        if missing:
            raise TypeError(f"rule {self.name!r} needs a value for {', '.join(missing)}")
        return filled

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickle a library rule by its name."""
        return (_rule_by_name, (self.name,)) if RULES.get(self.name) is self else super().__reduce__()

    def __repr__(self) -> str:
        """Show the call one would write."""
        signature = ", ".join(f"{name}={value}" for name, value in self.hyperparameters.items())
        return f"<update rule {self.name}({signature})>"


def update_rule(*names: str, elementwise: bool = True, **starts: float) -> Callable[[Callable[..., Any]], Rule]:
    """Turn a function into a `Rule`.

    Parameters
    ----------
    *names : str
        State arrays that start at zero.
    elementwise : bool
        False for a matrix method: its arrays are matrices, in their last two axes.
    **starts : float
        State arrays that start elsewhere, each with its value.

    Returns
    -------
    callable
        The decorator. A rule defined inside the library is entered into `RULES`.

    Raises
    ------
    TypeError
        By the decorator, if the signature is not that of a rule.

    Examples
    --------
    >>> @update_rule("v")
    ... def heavy(theta, g, v, t, *, learning_rate=0.1):
    ...     v = 0.9 * v - learning_rate * g
    ...     theta = theta + v
    ...     return theta, v
    >>> heavy(1.0, 2.0, 0.0, 1)
    (0.8, -0.2)
    """
    state = {**dict.fromkeys(names, 0.0), **starts}

    def decorate(function: Callable[..., Any]) -> Rule:
        rule = Rule(function, state, elementwise=elementwise)
        if str(function.__module__).startswith("course_lib."):
            _RULES[rule.name] = rule
        return rule

    return decorate


def as_rule(rule: Rule | str) -> Rule:
    """Return the rule itself, or the library's rule of that name.

    Parameters
    ----------
    rule : Rule or str
        A rule, or a name in `RULES`.

    Returns
    -------
    Rule
        The rule.

    Raises
    ------
    LookupError
        If no rule has that name; the nearest known one is suggested.
    TypeError
        If it is neither a rule nor a name.
    """
    if isinstance(rule, Rule):
        return rule
    if isinstance(rule, str):
        return _rule_by_name(rule)
    raise TypeError(
        f"expected an update rule or the name of one, got {type(rule).__name__}; decorate a function with @update_rule(...)"
    )


def retarget(function: Callable[..., Any], np: Any) -> Callable[..., Any]:
    """Copy a function with its free name ``np`` bound to another array namespace.

    Parameters
    ----------
    function : callable or Rule
        A Python function whose only free names are ``np`` and built-ins.
    np : object
        The namespace to bind: ``keras.ops``, ``sympy``, `SCALAR` …

    Returns
    -------
    function
        The same code, defaults and closure with other globals.
    """
    plain = function.function if isinstance(function, Rule) else function
    assert isinstance(plain, types.FunctionType)
    copy = types.FunctionType(
        plain.__code__, {"np": np, "__builtins__": builtins}, plain.__name__, plain.__defaults__, plain.__closure__
    )
    copy.__kwdefaults__ = plain.__kwdefaults__
    return functools.update_wrapper(copy, plain)


def nearest(name: str, known: Any) -> str:
    """Say what a misspelt name may have meant.

    Parameters
    ----------
    name : str
        The unknown name.
    known : iterable of str
        The known ones.

    Returns
    -------
    str
        ``"did you mean …?"`` or the list of what is known.
    """
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known) or 'none'}"


def check_names(owner: str, kind: str, given: Any, known: Any) -> None:
    """Refuse unknown keyword names.

    Parameters
    ----------
    owner : str
        Who was called, for the message.
    kind : str
        What the names are, for the message.
    given, known : iterable of str
        The names.

    Raises
    ------
    TypeError
        If a given name is not known.
    """
    for name in given:
        if name not in known:
            raise TypeError(f"{owner} has no {kind} {name!r}; {nearest(name, known)}")


def _rule_by_name(name: str) -> Rule:
    if name not in RULES:
        raise LookupError(f"no update rule is called {name!r}; {nearest(name, RULES)}")
    return RULES[name]


def positional_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the positional arguments, in order."""
    return tuple(p.name for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD)


def keyword_defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """Keyword-only arguments with their defaults (``inspect.Parameter.empty`` where there is none)."""
    return {p.name: p.default for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY}


def _check_return(rule: Rule) -> None:
    """Look at a reader's last line, so that a mistake is told where it stands; a call there is looked at when it runs."""
    if str(rule.function.__module__).startswith("course_lib."):
        return  # tests run them, and an import has no time for it
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(rule.function))).body
    except (OSError, SyntaxError, ValueError):
        return
    last = definition.body[-1] if isinstance(definition, ast.FunctionDef) else None
    value = last.value if isinstance(last, ast.Return) else None
    if isinstance(value, ast.Tuple) and not any(isinstance(one, ast.Starred) for one in value.elts):
        wrong = len(value.elts) != 1 + len(rule.state)
    else:
        arrays = isinstance(value, ast.Name) and value.id in ("theta", "g", *rule.state)
        one = arrays or isinstance(value, (ast.BinOp, ast.UnaryOp, ast.Constant))
        wrong = one or isinstance(last, (ast.Assign, ast.Expr))
    if wrong and last is not None:
        raise TypeError(f"rule {rule.name!r} must end with return {rule._returns}, got {ast.unparse(last)!r}")


def _read_signature(function: Callable[..., Any], state: tuple[str, ...]) -> dict[str, Any]:
    expected, positional, keywords = ("theta", "g", *state, "t"), positional_names(function), keyword_defaults(function)
    if positional != expected or len(positional) + len(keywords) != len(inspect.signature(function).parameters):
        raise TypeError(
            f"rule {function.__name__!r}: expected the arguments ({', '.join(expected)}, *, hyperparameters), "
            f"got {inspect.signature(function)}"
        )
    return keywords
