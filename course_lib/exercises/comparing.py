"""Whether what a learner's function returned is what was expected, and if not, how they differ, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

RTOL, ATOL = 1e-5, 1e-9
SHARE = 3e-6  # of the largest number of an array: what single precision leaves where numbers cancel


def difference(got: Any, want: Any, *, rtol: float = RTOL, atol: float = ATOL) -> str | None:
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

    Returns
    -------
    str or None
        A sentence without its subject, such as "has shape (3,), expected (3, 1)".

    Notes
    -----
    An integer passes for a float, a list of numbers for an array and an array for several of its rows; True does not
    pass for 1, nor 1.0 for 1. A number that is not finite is never right.
    """
    if want is None or isinstance(want, (bool, np.bool_, str)):
        return _exactly(got, want)
    if isinstance(want, Mapping):
        return _dictionaries(got, want, rtol, atol)
    if isinstance(want, (tuple, list)):
        return _sequences(got, want, rtol, atol)
    return _numbers(got, np.asarray(want), rtol, atol)


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


def kind(value: Any) -> str:
    """Return what a value is, in the words of a message.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    str
        Such as "an array of shape (3, 2)", "a tuple of 2" or "nothing (None)".
    """
    if value is None:
        return "nothing (None)"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, Mapping):
        return "a dictionary"
    if isinstance(value, str):
        return "text"
    if isinstance(value, (bool, np.bool_)):
        return "True or False"
    numeric = isinstance(value, (int, float, complex, np.number, np.ndarray))
    return "a number" if numeric else f"an object of type {type(value).__name__}"


def _exactly(got: Any, want: Any) -> str | None:
    if isinstance(got, np.ndarray) and got.ndim == 0:
        got = got[()]
    if isinstance(want, (bool, np.bool_)):
        alike = isinstance(got, (bool, np.bool_))
    else:
        alike = got is None if want is None else isinstance(got, str)
    if not alike:
        return f"is {kind(got)}, expected {kind(want)}"
    if want is None or bool(got == want):
        return None
    return "is the wrong word" if isinstance(want, str) else "is the wrong way round"


def _dictionaries(got: Any, want: Mapping[str, Any], rtol: float, atol: float) -> str | None:
    if not isinstance(got, Mapping):
        return f"is {kind(got)}, expected a dictionary"
    missing, more = sorted(set(want) - set(got)), sorted(map(str, set(got) - set(want)))
    if missing or more:
        return f"has {f'no {missing[0]!r}' if missing else f'an unexpected {more[0]!r}'}"
    for key, value in want.items():
        words = difference(got[key], value, rtol=rtol, atol=atol)
        if words:
            return f"{words} (under {key!r})"
    return None


def _sequences(got: Any, want: tuple[Any, ...] | list[Any], rtol: float, atol: float) -> str | None:
    if isinstance(got, np.ndarray) and got.shape[:1] == (len(want),):
        got = list(got)
    if not isinstance(got, (tuple, list)):
        return f"is {kind(got)}, expected {kind(want)}"
    if len(got) != len(want):
        return f"has {len(got)} parts, expected {len(want)}"
    for n, (one, other) in enumerate(zip(got, want, strict=True), 1):
        words = difference(one, other, rtol=rtol, atol=atol)
        if words:
            return f"{words} (part {n} of {len(want)})"
    return None


def _numbers(got: Any, want: np.ndarray, rtol: float, atol: float) -> str | None:
    expected = kind(want)
    if got is None or isinstance(got, (str, Mapping)):
        return f"is {kind(got)}, expected {expected}"
    try:
        values = np.asarray(got)
    except (ValueError, TypeError):
        return "is ragged: its rows have different lengths"
    if values.dtype.kind not in "iufc":
        return f"is {'made of True and False' if values.dtype.kind == 'b' else kind(got)}, expected {expected}"
    if values.shape != want.shape:
        return f"is {kind(values)}, expected {expected}"
    if want.dtype.kind in "iu" and values.dtype.kind not in "iu":
        return "is not an integer" if want.ndim == 0 else "is not made of integers"
    if values.dtype.kind == "c" and want.dtype.kind != "c":
        return "is complex, expected real numbers"
    if not np.isfinite(values).all():
        return "is not finite (nan or inf)" if want.ndim == 0 else "has entries that are not finite (nan or inf)"
    values, want = (x.astype(complex if x.dtype.kind == "c" else float) for x in (values, want))
    if atol and want.size:
        atol += SHARE * np.abs(want).max()
    bad = ~(np.abs(values - want) <= atol + rtol * np.abs(want))
    return _pattern(values, want, bad, rtol, atol) if bad.any() else None


def _pattern(got: np.ndarray, want: np.ndarray, bad: np.ndarray, rtol: float, atol: float) -> str:
    def close(x: np.ndarray) -> bool:
        return bool((np.abs(x - want) <= atol + rtol * np.abs(want)).all())

    if close(-got):
        return "has the opposite sign"
    if want.ndim == 2 and want.shape[0] == want.shape[1] and close(got.T):
        return "is transposed"
    product = np.vdot(got, got).real
    if product > 0:
        factor = np.vdot(got, want) / product
        if factor and close(factor * got) and want.size > 1:
            return f"is {1 / factor.real:.4g} times what it should be, everywhere"
    if want.size > 1 and not bad.all():
        return f"is wrong in {int(bad.sum())} of {want.size} entries"
    large = np.abs(got).max() > np.abs(want).max()
    return f"has the right form but wrong values, {'larger' if large else 'smaller'} than expected"
