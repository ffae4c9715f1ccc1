"""Whether what a learner's function returned is what was expected, and if not, how they differ, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

RTOL, ATOL = 1e-5, 1e-9
USUAL_FACTORS = (2, 3, 4, 10, 100, 1000)  # and one divided by them: more would tell what a function was called with
SHARE = 3e-6  # of the largest number of an array: what single precision leaves where numbers cancel


class Manner(NamedTuple):
    """How strictly numbers are compared, and how much is told of what came.

    Parameters
    ----------
    rtol, atol : float
        As in `difference`.
    hidden : bool
        As in `difference`.
    """

    rtol: float
    atol: float
    hidden: bool

    def kind(self, value: Any) -> str:
        """Return what a value is; without its sizes where these may be a message."""
        return kind(value, sizes=not self.hidden)

    def close(self, got: np.ndarray, want: np.ndarray) -> np.ndarray:
        """Return where numbers are the same."""
        return np.abs(got - want) <= self.atol + self.rtol * np.abs(want)


def difference(got: Any, want: Any, *, rtol: float = RTOL, atol: float = ATOL, hidden: bool = False) -> str | None:
    """Return None where both are the same, else in words how they differ; no number of `want` is told.

    Parameters
    ----------
    got : object
        What was returned: numbers, text, arrays, and lists, tuples and dictionaries of them.
    want : object
        What was expected.
    rtol, atol : float, default 1e-5 and 1e-9
        Numbers are the same where ``abs(got - want) <= atol + rtol * abs(want)``. Where atol is not 0, three millionths of
        the largest number of an array are added to it, so that single precision will do.
    hidden : bool
        Whether the function was called with what nobody may know. Then neither sizes nor counts nor factors are told,
        since a function can make them of its arguments.

    Returns
    -------
    str or None
        A sentence without its subject, such as "has shape (3,), expected (3, 1)".

    Notes
    -----
    An integer passes for a float, a list of numbers for an array and an array for several of its rows; True does not
    pass for 1, nor 1.0 for 1. A number that is not finite is never right.
    """
    return _difference(got, want, Manner(rtol, atol, hidden))


def form(value: Any) -> Any:
    """Return what of a value does not depend on its numbers: the same for an array and for a list of its rows.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    object
        A shape where there are numbers, a list of forms where they do not make an array, otherwise a type's name.
    """
    if isinstance(value, Mapping):
        return {str(key): form(one) for key, one in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind not in "biufc":
        value = value.tolist()
    if isinstance(value, (tuple, list)):
        forms = [form(one) for one in value]
        alike = forms and isinstance(forms[0], tuple) and all(one == forms[0] for one in forms)
        return (len(forms), *forms[0]) if alike else forms
    if isinstance(value, (bool, np.bool_, str)):
        return "text" if isinstance(value, str) else "truth"
    return np.shape(value) if isinstance(value, (int, float, complex, np.number, np.ndarray)) else type(value).__name__


def shaped(got: Any, want: Any) -> Any:
    """Return a value as arrays and tuples where what is expected has them, so that one can compute with it.

    Parameters
    ----------
    got : object
        Of the same `form` as `want`.
    want : object
        What was expected.

    Returns
    -------
    object
        The same numbers.
    """
    if isinstance(want, (tuple, list)):
        return type(want)(shaped(one, other) for one, other in zip(got, want, strict=True))
    return np.asarray(got) if isinstance(want, np.ndarray) else got


def kind(value: Any, *, sizes: bool = True) -> str:
    """Return what a value is, in the words of a message.

    Parameters
    ----------
    value : object
        Anything.
    sizes : bool
        Whether shape and length are told.

    Returns
    -------
    str
        Such as "an array of shape (3, 2)", "a tuple of 2" or "nothing (None)".
    """
    if value is None:
        return "nothing (None)"
    if isinstance(value, np.ndarray) and value.ndim:
        objects = "" if value.dtype.kind in "biufc" else " of objects"
        return f"an array{objects} of shape {value.shape}" if sizes else f"an array{objects}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}" if sizes else f"a {type(value).__name__}"
    if isinstance(value, Mapping):
        return "a dictionary"
    if isinstance(value, str):
        return "text"
    if isinstance(value, (bool, np.bool_)):
        return "True or False"
    numeric = isinstance(value, (int, float, complex, np.number, np.ndarray))
    return "a number" if numeric else f"an object of type {type(value).__name__}"


def _difference(got: Any, want: Any, manner: Manner) -> str | None:
    if want is None or isinstance(want, (bool, np.bool_, str)):
        return _exactly(got, want, manner)
    if isinstance(want, Mapping):
        return _dictionaries(got, want, manner)
    if isinstance(want, (tuple, list)):
        return _sequences(got, want, manner)
    return _numbers(got, np.asarray(want), manner)


def _exactly(got: Any, want: Any, manner: Manner) -> str | None:
    if isinstance(got, np.ndarray) and got.ndim == 0:
        got = got[()]
    if isinstance(want, (bool, np.bool_)):
        alike = isinstance(got, (bool, np.bool_))
    else:
        alike = got is None if want is None else isinstance(got, str)
    if not alike:
        return f"is {manner.kind(got)}, expected {manner.kind(want)}"
    if want is None or bool(got == want):
        return None
    return "is the wrong word" if isinstance(want, str) else "is the wrong way round"


def _dictionaries(got: Any, want: Mapping[str, Any], manner: Manner) -> str | None:
    if not isinstance(got, Mapping):
        return f"is {manner.kind(got)}, expected a dictionary"
    missing, more = sorted(set(want) - set(got)), sorted(map(str, set(got) - set(want)))
    if missing:
        return f"has no {missing[0]!r}"
    if more:
        return "has an unexpected key" if manner.hidden else f"has an unexpected {more[0]!r}"
    for key, value in want.items():
        words = _difference(got[key], value, manner)
        if words:
            return f"{words} (under {key!r})"
    return None


def _sequences(got: Any, want: tuple[Any, ...] | list[Any], manner: Manner) -> str | None:
    if isinstance(got, np.ndarray) and got.shape[:1] == (len(want),):
        got = list(got)
    if not isinstance(got, (tuple, list)):
        return f"is {manner.kind(got)}, expected {manner.kind(want)}"
    if len(got) != len(want):
        if manner.hidden:
            return f"has too {'many' if len(got) > len(want) else 'few'} parts"
        return f"has {len(got)} parts, expected {len(want)}"
    for n, (one, other) in enumerate(zip(got, want, strict=True), 1):
        words = _difference(one, other, manner)
        if words:
            return f"{words} (part {n} of {len(want)})" if isinstance(want, tuple) or not manner.hidden else words
    return None


def _numbers(got: Any, want: np.ndarray, manner: Manner) -> str | None:
    expected = manner.kind(want)
    if got is None or isinstance(got, (str, Mapping)):
        return f"is {manner.kind(got)}, expected {expected}"
    if isinstance(got, (tuple, list)) and (other := _no_number(got, manner)):
        return f"is {manner.kind(got)} with {other} in it, expected {expected}"
    try:
        values = np.asarray(got)
    except (ValueError, TypeError):
        return "is ragged: its rows have different lengths"
    if values.dtype.kind not in "iufc":
        return f"is {'made of True and False' if values.dtype.kind == 'b' else manner.kind(got)}, expected {expected}"
    if values.shape != want.shape:
        return _shapes(values, want, manner)
    if want.dtype.kind in "iu" and values.dtype.kind not in "iu":
        return "is not an integer" if want.ndim == 0 else "is not made of integers"
    if values.dtype.kind == "c" and want.dtype.kind != "c":
        return "is complex, expected real numbers"
    if not np.isfinite(values).all():
        return "is not finite (nan or inf)" if want.ndim == 0 else "has entries that are not finite (nan or inf)"
    values, want = (x.astype(complex if x.dtype.kind == "c" else float) for x in (values, want))
    if manner.atol and want.size:
        manner = manner._replace(atol=manner.atol + SHARE * np.abs(want).max())
    right = manner.close(values, want)
    return None if right.all() else _pattern(values, want, right, manner)


def _no_number(values: tuple[Any, ...] | list[Any], manner: Manner) -> str | None:
    """Say what is the first thing in lists that is no number; NumPy would give each entry the room of the longest text."""
    for value in values:
        if isinstance(value, (tuple, list)):
            found = _no_number(value, manner)
        elif isinstance(value, np.ndarray):
            found = None if value.dtype.kind in "biufc" else manner.kind(value)
        else:
            found = None if isinstance(value, (int, float, complex, np.number, np.bool_)) else manner.kind(value)
        if found:
            return found
    return None


def _shapes(got: np.ndarray, want: np.ndarray, manner: Manner) -> str:
    if not manner.hidden:
        return f"is {kind(got)}, expected {kind(want)}"
    if got.ndim == want.ndim and got.ndim > 1 and sorted(got.shape) == sorted(want.shape):
        return "has its axes in another order than expected"
    if sorted(n for n in got.shape if n != 1) == sorted(n for n in want.shape if n != 1):
        return "has an axis of length 1 too many or too few"
    return f"is {manner.kind(got)}, expected {'one of another shape' if got.ndim and want.ndim else manner.kind(want)}"


def _pattern(got: np.ndarray, want: np.ndarray, right: np.ndarray, manner: Manner) -> str:
    def close(x: np.ndarray) -> bool:
        return bool(manner.close(x, want).all())

    if close(-got):
        return "has the opposite sign"
    if want.ndim == 2 and want.shape[0] == want.shape[1] and close(got.T):
        return "is transposed"
    product = np.vdot(got, got).real
    if product > 0:
        factor = np.vdot(got, want) / product
        if factor.real and close(factor.real * got) and want.size > 1:
            return f"is {_times(1 / factor.real, manner)} what it should be, everywhere"
    if want.size > 1 and right.any():
        return f"is wrong in {'some' if manner.hidden else int((~right).sum())} of {'its' if manner.hidden else want.size} entries"
    large = np.abs(got).max() > np.abs(want).max()
    return f"has the right form but wrong values, {'larger' if large else 'smaller'} than expected"


def _times(factor: float, manner: Manner) -> str:
    if not manner.hidden:
        return f"{factor:.4g} times"
    for usual in USUAL_FACTORS:
        if np.isclose(abs(factor), usual, rtol=1e-3):
            return f"{usual if factor > 0 else -usual} times"
        if np.isclose(abs(factor), 1 / usual, rtol=1e-3):
            return f"{'' if factor > 0 else 'minus '}1/{usual} of"
    return "some factor times"
