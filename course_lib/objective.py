"""The function that a method minimizes, with a count of what was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.rule import FloatArray
from course_lib.surface import Surface

Function = Callable[[FloatArray], Any]
KINDS = ("value", "gradient", "hessian", "product")


class Objective:
    """A function to be minimized, with its derivatives; it counts how often each is computed.

    Asked twice in a row at the same point it computes once.

    Parameters
    ----------
    value : callable
        From a point of shape ``(n,)`` to a number.
    gradient : callable, optional
        To an array of shape ``(n,)``.
    hessian : callable, optional
        To an array of shape ``(n, n)``.
    product : callable, optional
        From a point and a direction to the Hessian times the direction. Where it is missing the Hessian is used, and where
        that is missing, the difference of two gradients.

    Attributes
    ----------
    evaluations : dict of str to int
        How often value, gradient, Hessian and product were computed.
    """

    def __init__(
        self,
        value: Function,
        gradient: Function | None = None,
        hessian: Function | None = None,
        product: Callable[[FloatArray, FloatArray], Any] | None = None,
    ):
        self.functions: dict[str, Callable[..., Any] | None] = {
            "value": value,
            "gradient": gradient,
            "hessian": hessian,
            "product": product,
        }
        self.evaluations = dict.fromkeys(KINDS, 0)
        self._last: dict[str, tuple[FloatArray, Any]] = {}

    def has(self, kind: str) -> bool:
        """Say whether a function of this kind was given."""
        return self.functions[kind] is not None

    def value(self, theta: FloatArray) -> float:
        """Value at a point."""
        value = np.asarray(self._ask("value", theta))
        if value.size != 1:
            raise ValueError(f"the value must be one number, got shape {value.shape}")
        return float(value.item())

    def gradient(self, theta: FloatArray) -> FloatArray:
        """Gradient at a point, of shape ``(n,)``."""
        g = np.asarray(self._ask("gradient", theta), float)
        if g.shape != theta.shape:
            raise ValueError(f"the gradient must have the shape of theta, {theta.shape}, got {g.shape}")
        return g

    def hessian(self, theta: FloatArray) -> FloatArray:
        """Hessian at a point, of shape ``(n, n)``."""
        h = np.asarray(self._ask("hessian", theta), float)
        if h.shape != (theta.size, theta.size):
            raise ValueError(f"the Hessian must have shape {(theta.size, theta.size)}, got {h.shape}")
        return h

    def product(self, theta: FloatArray, direction: FloatArray) -> FloatArray:
        """Hessian at a point times a direction, of shape ``(n,)``."""
        if self.functions["product"] is not None:
            self.evaluations["product"] += 1
            return np.asarray(self.functions["product"](theta, direction), float)
        if self.has("hessian"):
            return self.hessian(theta) @ direction
        return product_by_differences(self.gradient, np.asarray(theta, float), direction)

    def _ask(self, kind: str, theta: FloatArray) -> Any:
        last = self._last.get(kind)
        if last is None or not np.array_equal(last[0], theta):
            function = self.functions[kind]
            if function is None:
                raise TypeError(f"this method needs the {kind}; give Objective(value, {kind}=...) or a surface")
            self.evaluations[kind] += 1
            with np.errstate(all="ignore"):
                last = self._last[kind] = (theta.copy(), np.array(function(theta)))
        return last[1]


def product_by_differences(gradient: Function, theta: FloatArray, v: FloatArray) -> FloatArray:
    r"""Hessian times a vector from two gradients.

    .. math::
        H v \approx \frac{g(\theta + r v) - g(\theta - r v)}{2 r}, \qquad
        r = \sqrt[3]{\varepsilon} \, \frac{1 + \lVert \theta \rVert}{\lVert v \rVert}

    Parameters
    ----------
    gradient : callable
        From a point to a gradient, both of shape ``(n,)``; the first array is still held when it is called again.
    theta : ndarray of shape (n,)
        Where; its type says what :math:`\varepsilon`, the spacing of the numbers, is.
    v : ndarray of shape (n,)
        The vector.

    Returns
    -------
    ndarray of shape (n,)
        The product, right to about the second power of the root in r.
    """
    largest = float(np.abs(v).max())
    if largest == 0:
        return np.zeros_like(theta)
    v = v / largest  # else the squares in its length come to 0 or inf
    r = float(np.finfo(theta.dtype).eps) ** (1 / 3) * (1 + float(np.linalg.norm(theta))) / float(np.linalg.norm(v))
    return largest * ((gradient(theta + r * v) - gradient(theta - r * v)) / (2 * r))


def as_objective(f: Any) -> Objective:
    """Return a fresh objective for a surface, another objective or a function that gives values only.

    Parameters
    ----------
    f : Surface, Objective or callable
        What shall be minimized.

    Returns
    -------
    Objective
        With all counts at zero.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if isinstance(f, Objective):
        return Objective(**f.functions)  # type: ignore[arg-type]
    if isinstance(f, Surface):
        return Objective(f, f.grad, f.hessian)
    if callable(f):
        return Objective(f)
    raise TypeError(f"expected a surface, an Objective or a function of a point, got {type(f).__name__}")
