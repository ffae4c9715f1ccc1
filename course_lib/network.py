"""A small feed-forward network over one flat vector of parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from course_lib.flat_vector import lay_out, length, views
from course_lib.hyperparameters import check_count, check_rng
from course_lib.initialization import Initializer, glorot_uniform, zeros
from course_lib.layers import Layer, dense_backward
from course_lib.losses import Loss, softmax_cross_entropy
from course_lib.rule import FloatArray

Watch = Callable[[str, int, FloatArray], None]


class Pass(NamedTuple):
    """What a forward pass leaves.

    Parameters
    ----------
    y : ndarray of shape (batch, n_out)
        Outputs of the last layer.
    caches : list
        Of each layer, for the way back.
    state : list of ndarray
        The new state of the layers, in the order of ``Network.state_blocks``.
    """

    y: FloatArray
    caches: list[Any]
    state: list[FloatArray]


class Network:
    """Layers in a row.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the first weights.
    n_in : int
        Features of an input.
    layers : sequence of Layer
        From `course_lib.layers`; the last one gives the scores.
    dtype : dtype
        float32 or float64.
    initializer, bias_initializer : callable
        ``f(rng, shape)`` for the weights and the biases, from `course_lib.initialization`.
    loss : Loss
        From `course_lib.losses`.
    l2 : float >= 0
        The sum of all squared weights (not biases, scales and shifts) times this is added to the loss, as in Keras.

    Raises
    ------
    LookupError
        If a layer has a parameter whose first values nobody gives.
    TypeError
        If rng, a layer, an initializer or the loss is something else.
    ValueError
        If n_in is smaller than 1, dtype is another, l2 is negative or no layer has weights.

    Attributes
    ----------
    theta, grad : ndarray of shape (n,)
        All parameters and their gradient; never rebound, only filled.
    state, next_state : ndarray of shape (k,)
        What layers such as batch norm keep of the batches, and what it becomes by the batch of the last
        `loss_and_grad`. Whoever trains writes ``network.state[...] = network.next_state``; nothing else does.
    blocks, state_blocks : dict of str to (slice, shape)
        Where each weight stands in theta, each statistic in state, by a name such as ``"0.dense.W"``.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        n_in: int,
        layers: Sequence[Layer],
        *,
        dtype: Any = np.float64,
        initializer: Initializer = glorot_uniform,
        bias_initializer: Initializer = zeros,
        loss: Loss = softmax_cross_entropy,
        l2: float = 0.0,
    ):
        check_rng(rng)
        for name, function in (("initializer", initializer), ("bias_initializer", bias_initializer)):
            if not callable(function):
                raise TypeError(
                    f"{name} must be a function from course_lib.initialization, such as he_normal; got {function!r}"
                )
        self.n_in = check_count("n_in", n_in, 1)
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"layers must come from course_lib.layers, such as Dense(10) or relu; got {layer!r}")
        if not isinstance(loss, Loss):
            raise TypeError(f"loss must come from course_lib.losses, such as softmax_cross_entropy; got {loss!r}")
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(f"dtype must be float32 or float64, got {np.dtype(dtype)}")
        if not (math.isfinite(l2) and l2 >= 0):
            raise ValueError(f"l2 must be finite and at least 0, got {l2}")
        self.layers, self.loss_function, self.l2 = tuple(layers), loss, float(l2)
        self.widths = [self.n_in]
        for layer in self.layers:
            self.widths.append(layer.units or self.widths[-1])
        self.n_out = self.widths[-1]
        shapes = [layer.shapes(width) for layer, width in zip(self.layers, self.widths, strict=False)]
        self.blocks = lay_out(self._named(shapes))
        states = [dict.fromkeys(layer.state, (width,)) for layer, width in zip(self.layers, self.widths, strict=False)]
        self.state_blocks = lay_out(self._named(states))
        if not any(name.endswith(".W") for name in self.blocks):
            raise ValueError("a network needs at least one layer with weights, such as Dense(10)")
        self.theta, self.grad = (np.zeros(length(self.blocks), dtype) for _ in "ab")
        self.state, self.next_state = (np.zeros(length(self.state_blocks), dtype) for _ in "ab")
        self._keep_views()
        first = {"W": initializer, "b": bias_initializer, "gamma": lambda rng, shape: np.ones(shape), "beta": zeros}
        for name, weight in self.weights().items():
            if (kind := name.rpartition(".")[2]) not in first:
                raise LookupError(f"{name}: the parameters of a layer are {', '.join(first)}, got {kind!r}")
            weight[...] = first[kind](rng, weight.shape)
        statistics = self.statistics()
        for name, value in self._named([layer.state for layer in self.layers]).items():
            statistics[name][...] = value
        self.next_state[...] = self.state

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
        return views(self.theta if flat is None else flat, self.blocks)

    def statistics(self, flat: FloatArray | None = None) -> dict[str, FloatArray]:
        """Views of state, or of another such vector, by name; parameters and result as in `weights`."""
        return views(self.state if flat is None else flat, self.state_blocks)

    def predict(self, x: Any, *, at: FloatArray | None = None) -> FloatArray:
        """Scores of the classes, in inference mode.

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
        return self.forward(x, at=at).y

    def accuracy(self, x: Any, y: Any) -> float:
        """Share of answers that are right; parameters and errors as in `loss_and_grad`, TypeError where a loss has none."""
        if self.loss_function.correct is None:
            raise TypeError(f"accuracy needs a loss with classes, got {self.loss_function.name}")
        z = self.predict(x)
        return float(np.mean(self.loss_function.correct(z, self.loss_function.check(y, z))))

    def loss(
        self, x: Any, y: Any, *, at: FloatArray | None = None, training: bool = False,
        rng: np.random.Generator | None = None,
    ) -> float:  # fmt: skip
        """Mean loss, in inference mode unless said; parameters and errors as in `loss_and_grad`."""
        z = self.forward(x, at=at, training=training, rng=rng).y
        return self._loss(z, self.loss_function.check(y, z), at)[0]

    def loss_and_grad(
        self, x: Any, y: Any, *, at: FloatArray | None = None, training: bool = True,
        rng: np.random.Generator | None = None, watch: Watch | None = None, checked: bool = False,
    ) -> tuple[float, FloatArray]:  # fmt: skip
        """Mean loss and its gradient, in training mode unless said.

        Parameters
        ----------
        x : array_like of shape (batch, n_in)
            Inputs.
        y : array_like of shape (batch,) or (batch, n_out)
            Classes, from 0; numbers for losses that take numbers.
        at : ndarray of shape (n,), optional
            Parameters to use in place of theta.
        training : bool
            Whether batch norm goes by the batch and dropout drops.
        rng : numpy.random.Generator, optional
            Source of the masks of dropout.
        watch : callable, optional
            Called with ``("forward", i, output of layer i)``, then with ``("backward", i, gradient by that output)``.
        checked : bool
            x and y are examples from `check`, so nobody looks at them again.

        Returns
        -------
        loss : float
            Of the batch, the penalty of l2 included.
        grad : ndarray of shape (n,)
            ``self.grad``, filled anew at every call, as ``self.next_state`` is.

        Raises
        ------
        ValueError
            If a shape does not fit, x is not finite, a label does not exist, the batch is too small for batch norm or rng is
            missing.
        """
        z, caches, state = self._forward(x if checked else self._inputs(x), at, training, rng, watch)
        loss, cache = self._loss(z, y if checked else self.loss_function.check(y, z), at)
        dy = self.loss_function.backward(cache)
        for i, backward, slots in self._way_back:
            if watch is not None:
                watch("backward", i, dy)
            if backward is dense_backward:
                dy = dense_backward(dy, caches[i], out=slots, by_x=i > self._first)[0]
            else:
                dy, *gradients = backward(dy, caches[i])
                for slot, g in zip(slots, gradients, strict=True):
                    slot[...] = g
        if self.l2:
            for weight, slot in self._matrices(at):
                slot += 2 * self.l2 * weight
        for slot, new in zip(self._next_slots, state, strict=True):
            slot[...] = new
        return loss, self.grad

    def forward(
        self, x: Any, *, at: FloatArray | None = None, training: bool = False,
        rng: np.random.Generator | None = None, watch: Watch | None = None,
    ) -> Pass:  # fmt: skip
        """Run the layers and change nothing; parameters and errors as in `loss_and_grad`, the result is a `Pass`."""
        return self._forward(self._inputs(x), at, training, rng, watch)

    def check(self, x: Any, y: Any) -> tuple[FloatArray, Any]:
        """Refuse what `loss_and_grad` would, for all batches at once.

        Parameters
        ----------
        x : array_like of shape (n, n_in)
            Inputs.
        y : array_like of shape (n,) or (n, n_out)
            Labels.

        Returns
        -------
        x, y : ndarray
            As layers and loss want them.

        Raises
        ------
        ValueError
            If a shape does not fit, x is not finite or a label does not exist.
        """
        x = self._inputs(x)
        return x, self.loss_function.check(y, np.broadcast_to(self.theta[:1], (len(x), self.n_out)))

    def _inputs(self, x: Any) -> FloatArray:
        x = np.asarray(x, self.theta.dtype)
        if x.ndim != 2 or x.shape[1] != self.n_in or not len(x):
            raise ValueError(f"x must have shape (batch, {self.n_in}), got {x.shape}")
        if not math.isfinite(np.vdot(x, x)):  # the cheapest look, but a sum may also overflow
            bad = np.argwhere(~np.isfinite(x)).tolist()
            if bad:
                row, column = bad[0]
                raise ValueError(f"x must be finite, got {x[row, column]} in row {row}, feature {column}")
        return x

    def _forward(
        self, x: FloatArray, at: FloatArray | None, training: bool, rng: np.random.Generator | None, watch: Watch | None
    ) -> Pass:
        caches: list[Any] = []
        state: list[FloatArray] = []
        for (forward, two_modes, old), parameters in zip(self._way, self._at(at), strict=True):
            if two_modes:
                x, cache, *new = forward(x, *parameters, *old, training=training, rng=rng)
                state += new
            else:
                x, cache = forward(x, *parameters)
            if watch is not None:
                watch("forward", len(caches), x)
            caches.append(cache)
        return Pass(x, caches, state)

    def _loss(self, z: FloatArray, y: Any, at: FloatArray | None) -> tuple[float, Any]:
        loss, cache = self.loss_function.forward(z, y)
        if self.l2:
            loss += self.l2 * sum(float(np.vdot(weight, weight)) for weight, _ in self._matrices(at))
        return loss, cache

    def _matrices(self, at: FloatArray | None) -> list[tuple[FloatArray, FloatArray]]:
        """Weights that the penalty counts, each with its place in the gradient."""
        weights, slots = self.weights(at), self.weights(self.grad)
        return [(weight, slots[name]) for name, weight in weights.items() if name.endswith(".W")]

    def _at(self, at: FloatArray | None) -> list[list[FloatArray]]:
        """Parameters of each layer."""
        if at is None or at is self.theta:
            return self._parameters
        if at.shape != self.theta.shape:
            raise ValueError(f"at must have the shape of theta, {self.theta.shape}, got {at.shape}")
        return self._by_layer(self.weights(at))

    def _named(self, arrays: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Give what each layer has the name by which the network knows it."""
        return {
            f"{i}.{layer.name}.{key}": array
            for i, (layer, own) in enumerate(zip(self.layers, arrays, strict=True))
            for key, array in own.items()
        }

    def _by_layer(self, named: dict[str, FloatArray]) -> list[list[FloatArray]]:
        grouped: list[list[FloatArray]] = [[] for _ in self.layers]
        for name, array in named.items():
            grouped[int(name.partition(".")[0])].append(array)
        return grouped

    def _keep_views(self) -> None:
        """Views that every step needs."""
        self._parameters = self._by_layer(self.weights())
        slots, states = self._by_layer(self.weights(self.grad)), self._by_layer(self.statistics())
        self._next_slots = list(self.statistics(self.next_state).values())
        self._first = next(i for i, parameters in enumerate(self._parameters) if parameters)
        self._way = [(layer.forward, layer.two_modes, old) for layer, old in zip(self.layers, states, strict=True)]
        steps = [(i, layer.backward, slots[i]) for i, layer in enumerate(self.layers)]
        self._way_back = steps[self._first :][::-1]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        vars(self).update(kept)
        self._keep_views()  # a copy's views are of the copy's vectors
