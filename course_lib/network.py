"""A small feed-forward network over one flat vector of parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.initialization import glorot_uniform
from course_lib.layers import Layer
from course_lib.losses import softmax_cross_entropy_backward, softmax_cross_entropy_forward
from course_lib.rule import FloatArray


class Network:
    """Layers in a row, trained by softmax cross-entropy.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the first weights.
    n_in : int
        Features of an input.
    layers : sequence of Layer
        From `course_lib.layers`; the last one gives the scores of the classes.
    dtype : dtype
        float32 or float64.
    initializer : callable
        ``f(rng, shape)`` for the weights; biases start at zero.

    Raises
    ------
    TypeError
        If rng or a layer is something else.
    ValueError
        If n_in is smaller than 1, or no layer has weights.

    Attributes
    ----------
    theta, grad : ndarray of shape (n,)
        All parameters and their gradient; never rebound, only filled.
    blocks : dict of str to (slice, shape)
        Where each weight stands in theta, by a name such as ``"0.dense.W"``.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        n_in: int,
        layers: Sequence[Layer],
        *,
        dtype: Any = np.float64,
        initializer: Callable[..., FloatArray] = glorot_uniform,
    ):
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng must be a numpy.random.Generator, for example np.random.default_rng(0); got {rng!r}")
        if n_in != int(n_in) or n_in < 1:
            raise ValueError(f"n_in must be a whole number of at least 1, got {n_in}")
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"layers must come from course_lib.layers, such as Dense(10) or relu; got {layer!r}")
        self.n_in, self.layers = int(n_in), tuple(layers)
        self.blocks: dict[str, tuple[slice, tuple[int, ...]]] = {}
        start, width = 0, self.n_in
        for i, layer in enumerate(self.layers):
            for name, shape in layer.shapes(width).items():
                stop = start + int(np.prod(shape))
                self.blocks[f"{i}.{layer.name}.{name}"] = (slice(start, stop), shape)
                start = stop
            width = layer.units or width
        if not self.blocks:
            raise ValueError("a network needs at least one layer with weights, such as Dense(10)")
        self.n_out = width
        self.theta = np.zeros(start, dtype)
        self.grad = np.zeros(start, dtype)
        for name, (where, shape) in self.blocks.items():
            if name.endswith(".W"):
                self.theta[where] = initializer(rng, shape).ravel()

    def weights(self, flat: FloatArray | None = None) -> dict[str, FloatArray]:
        """Views of a flat vector in the shapes of the weights.

        Parameters
        ----------
        flat : ndarray of shape (n,), optional
            theta where not given.

        Returns
        -------
        dict of str to ndarray
            Writing to a view writes to the vector.
        """
        flat = self.theta if flat is None else flat
        return {name: flat[where].reshape(shape) for name, (where, shape) in self.blocks.items()}

    def predict(self, x: Any, *, at: FloatArray | None = None) -> FloatArray:
        """Scores of the classes.

        Parameters
        ----------
        x : array_like of shape (batch, n_in)
            Inputs.
        at : ndarray of shape (n,), optional
            Parameters to use in place of theta.

        Returns
        -------
        ndarray of shape (batch, n_out)
            The scores; the largest one is the predicted class.

        Raises
        ------
        ValueError
            If x or at has another shape.
        """
        return self._forward(self._inputs(x), at)[0]

    def loss(self, x: Any, y: Any, *, at: FloatArray | None = None) -> float:
        """Mean cross-entropy; parameters and errors as in `loss_and_grad`."""
        x, y = self._batch(x, y)
        return softmax_cross_entropy_forward(self._forward(x, at)[0], y)[0]

    def accuracy(self, x: Any, y: Any) -> float:
        """Share of inputs whose predicted class is right; parameters and errors as in `loss_and_grad`."""
        x, y = self._batch(x, y)
        return float(np.mean(self.predict(x).argmax(axis=1) == y))

    def loss_and_grad(self, x: Any, y: Any, *, at: FloatArray | None = None) -> tuple[float, FloatArray]:
        """Mean cross-entropy and its gradient.

        Parameters
        ----------
        x : array_like of shape (batch, n_in)
            Inputs.
        y : array_like of int of shape (batch,)
            Classes, from 0.
        at : ndarray of shape (n,), optional
            Parameters to use in place of theta.

        Returns
        -------
        loss : float
            In nats.
        grad : ndarray of shape (n,)
            ``self.grad``, filled anew at every call.

        Raises
        ------
        ValueError
            If a shape does not fit or a class does not exist.
        """
        x, y = self._batch(x, y)
        z, caches = self._forward(x, at)
        loss, cache = softmax_cross_entropy_forward(z, y)
        dy = softmax_cross_entropy_backward(cache)
        slots = self.weights(self.grad)
        for i in reversed(range(len(self.layers))):
            layer = self.layers[i]
            dy, *gradients = layer.backward(dy, caches[i])
            for name, g in zip(layer.shapes(1), gradients, strict=True):
                slots[f"{i}.{layer.name}.{name}"][...] = g
        return loss, self.grad

    def _forward(self, x: FloatArray, at: FloatArray | None) -> tuple[FloatArray, list[Any]]:
        if at is not None and at.shape != self.theta.shape:
            raise ValueError(f"at must have the shape of theta, {self.theta.shape}, got {at.shape}")
        weights, caches = self.weights(at), []
        for i, layer in enumerate(self.layers):
            x, cache = layer.forward(x, *(weights[f"{i}.{layer.name}.{name}"] for name in layer.shapes(1)))
            caches.append(cache)
        return x, caches

    def _inputs(self, x: Any) -> FloatArray:
        x = np.asarray(x, self.theta.dtype)
        if x.ndim != 2 or x.shape[1] != self.n_in:
            raise ValueError(f"x must have shape (batch, {self.n_in}), got {x.shape}")
        return x

    def _batch(self, x: Any, y: Any) -> tuple[FloatArray, Any]:
        x, y = self._inputs(x), np.asarray(y)
        if y.shape != (len(x),) or not np.issubdtype(y.dtype, np.integer):
            raise ValueError(
                f"y must hold one class (an integer) for each of the {len(x)} inputs, got {y.dtype} of shape {y.shape}"
            )
        if len(y) and not (y.min() >= 0 and y.max() < self.n_out):
            raise ValueError(f"classes must be from 0 to {self.n_out - 1}, got {y.min()} to {y.max()}")
        return x, y
