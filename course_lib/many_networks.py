"""Train many networks of one shape at the same time: seeds, rates and first weights without a loop over runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.layers import dense_backward, layer_norm_backward, layer_norm_forward
from course_lib.network import Network
from course_lib.rule import FloatArray, Rule, as_rule
from course_lib.run_arguments import check_hyper
from course_lib.training import History, check_examples, check_last_batch, check_pair, minibatches

Arrays = dict[str, FloatArray]


def train_many(
    rngs: Sequence[np.random.Generator],
    networks: Sequence[Network],
    rule: Rule | str,
    x: Any,
    y: Any,
    *,
    epochs: int = 5,
    batch_size: int = 32,
    test: tuple[Any, Any] | None = None,
    before: Callable[[FloatArray], FloatArray] | None = None,
    **hyper: Any,
) -> list[History]:
    """Train networks in place, each on minibatches of its own, as `course_lib.training.train` would one after the other.

    Outputs of a layer stand side by side in one table of shape ``(batch, runs * n)``. What acts on every feature alone, batch
    norm too, therefore runs as it is; only the matrix products know that there are several networks.

    Parameters
    ----------
    rngs : sequence of numpy.random.Generator
        One a network: source of the order of its examples.
    networks : sequence of Network
        Of the same layers and loss; their theta and state are changed.
    rule : Rule or str
        An elementwise update rule or the name of one.
    x, y : array_like
        Inputs and classes, the same for all.
    epochs, batch_size : int
        Passes over the data and examples a step.
    test : (x, y), optional
        Data for the accuracy at the end.
    before : callable, optional
        What is done first to the gradients, of shape ``(runs, n)``, such as `course_lib.clipping.clip_by_norm`.
    **hyper : float or array_like of shape (runs,)
        Hyperparameters of the rule, one number for all networks or one for each; no schedules.

    Returns
    -------
    list of History
        As from `train`: a run whose loss stops being finite ends there, and its network stays as it is.

    Raises
    ------
    LookupError
        If a layer draws random numbers, such as dropout: alone and together they would be others.
    TypeError
        If the rule is a matrix method or looks ahead, or a hyperparameter is unknown or a schedule.
    ValueError
        As `train`; also if there is no network, the networks differ, or there are not as many generators.
    """
    many, rule = _Many(networks, rngs), as_rule(rule)
    if not rule.elementwise or rule.where_function is not None:
        raise TypeError(f"train_many needs an elementwise rule without a look-ahead, got {rule.name!r}")
    columns = _columns(rule, hyper, len(networks))
    x, y = networks[0].check(*check_examples(rngs[0], x, y, batch_size=batch_size, epochs=epochs))
    check_last_batch(networks[0], len(x), batch_size)
    test = check_pair(networks[0], "test", test)
    histories = [History(rule.name) for _ in networks]
    state = [np.full_like(many.theta, start) for start in rule.state.values()]
    alive = np.ones((len(networks), 1), bool)
    orders = [minibatches(rng, len(x), batch_size, epochs) for rng in rngs]
    with np.errstate(all="ignore"):
        for t, batch in enumerate(zip(*orders, strict=True), start=1):
            losses, g = many.loss_and_grad(x[np.array(batch).T], y[np.array(batch)])
            g = g if before is None else before(g)
            for history, loss, lives in zip(histories, losses, alive[:, 0], strict=True):
                if lives:
                    history.losses.append(loss)
            alive &= np.isfinite(losses)[:, None]
            if not alive.any():
                break
            theta, *state = rule.check_result(rule.function(many.theta, g, *state, t, **columns))
            for kept, new in ((many.theta, theta), (many.state, many.next_state)):
                kept[...] = new if alive.all() else np.where(alive, new, kept)
        many.write_back()
        if test is not None:
            for history, network in zip(histories, networks, strict=True):
                history.test_accuracy = network.accuracy(*test)
    return histories


def _columns(rule: Rule, hyper: dict[str, Any], runs: int) -> dict[str, Any]:
    """Give each run its number."""
    columns = {}
    for name, value in hyper.items():
        if callable(value):
            raise TypeError(f"train_many: {name} must be a number or one for each network, got a schedule")
        if np.ndim(value) and np.shape(value) != (runs,):
            raise ValueError(f"train_many: {name} must be one number or {runs}, got shape {np.shape(value)}")
        columns[name] = np.reshape(value, (runs, 1)) if np.ndim(value) else value
    return check_hyper(rule, columns, (runs, 1))


class _Many:
    """Networks side by side: theta, grad and the states have one row a network."""

    def __init__(self, networks: Sequence[Network], rngs: Sequence[Any]):
        if not networks or len(networks) != len(rngs):
            raise ValueError(f"train_many needs one generator a network, got {len(rngs)} for {len(networks)}")
        first = networks[0]
        if len({id(network.theta) for network in networks}) < len(networks):
            raise ValueError("train_many needs a network for each run, got the same one twice")
        for network in networks:
            if _shape(network) != _shape(first):
                raise ValueError("train_many needs networks of the same layers, loss and data type")
        for layer in first.layers:
            if layer.two_modes and not layer.state:
                raise LookupError(f"train_many cannot train networks with {layer.name}, which draws random numbers")
        self.networks, self.layers, self.runs = networks, first.layers, len(networks)
        self.theta, self.state = (np.stack([getattr(n, name) for n in networks]) for name in ("theta", "state"))
        self.grad, self.next_state = np.zeros_like(self.theta), np.zeros_like(self.state)
        self.weights, self.slots = (self._by_layer(a, first.blocks) for a in (self.theta, self.grad))
        self.old, self.new = (self._by_layer(a, first.state_blocks) for a in (self.state, self.next_state))

    def loss_and_grad(self, x: FloatArray, y: Any) -> tuple[list[float], FloatArray]:
        """Loss of each network and all gradients; x of shape (batch, runs, n_in), y of shape (runs, batch)."""
        flat, caches = x.reshape(len(x), -1), []
        for i in range(len(self.layers)):
            flat, cache = self._forward(i, flat)
            caches.append(cache)
        loss = self.networks[0].loss_function
        z: Any = flat.reshape(len(x), self.runs, -1)
        losses, dy = [], np.empty_like(z)
        for run in range(self.runs):
            value, cache = loss.forward(z[:, run], y[run])
            losses.append(float(value))
            dy[:, run] = loss.backward(cache)
        dz: FloatArray = dy.reshape(len(x), -1)
        for i in range(len(self.layers))[::-1]:
            dz = self._backward(i, dz, caches[i])
        self._penalize(losses)
        return losses, self.grad

    def write_back(self) -> None:
        """Give each network its row."""
        for network, theta, state in zip(self.networks, self.theta, self.state, strict=True):
            network.theta[...], network.state[...] = theta, state

    def _forward(self, i: int, x: FloatArray) -> tuple[FloatArray, Any]:
        layer, own = self.layers[i], list(self.weights[i].values())
        if layer.name == "dense":
            W, b = own
            inputs = self._rows(x)
            y = np.empty((len(x), self.runs, W.shape[2]), x.dtype)
            np.matmul(inputs, W, out=y.transpose(1, 0, 2))
            y += b
            return y.reshape(len(x), -1), inputs
        if layer.name == "layer_norm":
            x_hat, cache = layer_norm_forward(*_plain(x, own[0].shape[1]), **layer.hyper)
            x_hat = x_hat.reshape(len(x), -1)
            return own[0].reshape(-1) * x_hat + own[1].reshape(-1), (x_hat, cache)
        flat = [a.reshape(-1) for a in own]
        if not layer.two_modes:
            return layer.forward(x, *flat)  # type: ignore[return-value]
        old = [a.reshape(-1) for a in self.old[i].values()]
        y, cache, *new = layer.forward(x, *flat, *old, training=True, rng=None)
        for slot, value in zip(self.new[i].values(), new, strict=True):
            slot[...] = value.reshape(slot.shape)
        return y, cache

    def _backward(self, i: int, dy: FloatArray, cache: Any) -> FloatArray:
        layer, slots = self.layers[i], list(self.slots[i].values())
        if layer.backward is dense_backward:
            rows = self._rows(dy)
            np.matmul(cache.transpose(0, 2, 1), rows, out=slots[0])
            slots[1][...] = rows.sum(axis=1)
            dx = np.empty((len(dy), self.runs, cache.shape[2]), dy.dtype)
            np.matmul(rows, self.weights[i]["W"].transpose(0, 2, 1), out=dx.transpose(1, 0, 2))
            return dx.reshape(len(dy), -1)
        if layer.name == "layer_norm":
            x_hat, inner = cache
            dx = layer_norm_backward((dy * self.weights[i]["gamma"].reshape(-1)).reshape(inner[0].shape), inner)[0]
            gradients = [(dy * x_hat).sum(axis=0), dy.sum(axis=0)]
        else:
            dx, *gradients = layer.backward(dy, cache)
        for slot, g in zip(slots, gradients, strict=True):
            slot[...] = g.reshape(slot.shape)
        return dx.reshape(dy.shape)

    def _penalize(self, losses: list[float]) -> None:
        l2 = self.networks[0].l2
        for own, slots in zip(self.weights, self.slots, strict=True):
            if l2 and "W" in own:
                slots["W"] += 2 * l2 * own["W"]
                for run, W in enumerate(own["W"]):
                    losses[run] += l2 * float(np.vdot(W, W))

    def _rows(self, x: FloatArray) -> FloatArray:
        return x.reshape(len(x), self.runs, -1).transpose(1, 0, 2)

    def _by_layer(self, flat: FloatArray, blocks: Any) -> list[Arrays]:
        """Views of the rows in the shapes of the arrays, layer by layer."""
        grouped: list[Arrays] = [{} for _ in self.layers]
        for name, (where, shape) in blocks.items():
            i, _, key = name.split(".")
            grouped[int(i)][key] = flat[:, where].reshape(self.runs, *shape)
        return grouped


def _plain(x: FloatArray, n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows of n features, with a gamma and a beta that do nothing."""
    return x.reshape(-1, n), np.ones(n, x.dtype), np.zeros(n, x.dtype)


def _shape(network: Network) -> tuple[Any, ...]:
    layers = [(layer.name, layer.units, dict(layer.hyper)) for layer in network.layers]
    return network.n_in, layers, network.loss_function.name, network.l2, network.theta.dtype
