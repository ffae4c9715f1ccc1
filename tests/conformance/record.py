"""Do in Keras or PyTorch what is asked for on standard input and print what came out.

``python -m tests.conformance.record keras`` (or ``torch``) needs that library and nothing of the course's;
``tools/traces.py`` calls it, each peer in its own environment.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import sys
import warnings
from typing import Any

Job = dict[str, Any]


def defaults(call: str, names: dict[str, Any]) -> dict[str, Any]:
    """Return what the class called would have taken for the arguments that the call names, and for the rate."""
    tree = ast.parse(call).body[0].value
    known = inspect.signature(names[tree.func.id]).parameters
    wanted = [*({"learning_rate", "lr"} & set(known)), *(word.arg for word in tree.keywords)]
    return {name: known[name].default for name in wanted}


def summary(w: Any, fans: Any) -> Job:
    """Describe draws: their variance, their largest size, the fans."""
    w = w.ravel().astype(float)
    return {"variance": float(w.var()), "largest": float(abs(w).max()), "fans": [int(fan) for fan in fans]}


def keras_peer() -> tuple[dict[str, str], Any]:
    """Return Keras's versions and a function that does a job."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import numpy as np
    from keras.src.initializers.random_initializers import compute_fans

    keras.config.set_floatx("float64")

    def optimizer(job: Job) -> Job:
        names = {**vars(keras.optimizers), "schedules": keras.optimizers.schedules}
        keras.config.set_floatx(job["dtype"])
        one = eval(job["call"], names)
        theta, path = keras.Variable(job["start"], dtype=job["dtype"]), []
        for g in job["gradients"]:
            one.apply([keras.ops.convert_to_tensor(g, job["dtype"])], [theta])
            path.append(theta.numpy().ravel().tolist())
        keras.config.set_floatx("float64")
        return {"path": [path[k] for k in job["kept"]], "defaults": defaults(job["call"], names)}

    def schedule(job: Job) -> Job:
        one = eval(job["call"], vars(keras.optimizers.schedules).copy())
        return {"values": [float(one(k)) for k in range(job["steps"])]}

    def initializer(job: Job) -> Job:
        keras.utils.set_random_seed(1)
        names = {**vars(keras.initializers), "layers": keras.layers, "shape": tuple(job["shape"])}
        return summary(np.asarray(eval(job["call"], names)), compute_fans(tuple(job["shape"])))

    def norm(job: Job) -> Job:
        layer = eval(job["call"], vars(keras.layers).copy())
        layer.build((None, len(job["gamma"])))
        layer.gamma.assign(job["gamma"])
        layer.beta.assign(job["beta"])
        outputs = [np.asarray(layer(np.array(batch), training=True)).tolist() for batch in job["batches"]]
        result = {"training": outputs[-1], "inference": np.asarray(layer(np.array(job["batches"][0]))).tolist()}
        if hasattr(layer, "moving_mean"):
            result |= {"mean": layer.moving_mean.numpy().tolist(), "variance": layer.moving_variance.numpy().tolist()}
        return result | {"defaults": defaults(job["call"], vars(keras.layers))}

    do = {"optimizer": optimizer, "schedule": schedule, "initializer": initializer, "norm": norm}
    return {"library": "Keras", "version": keras.__version__}, do


def torch_peer() -> tuple[dict[str, str], Any]:
    """Return PyTorch's version and a function that does a job."""
    import torch

    warnings.simplefilter("ignore")
    torch.set_default_dtype(torch.float64)

    def optimizer(job: Job) -> Job:
        theta = torch.nn.Parameter(torch.tensor(job["start"]))
        one = eval(job["call"], {**vars(torch.optim), "theta": theta})
        rate = eval(job["schedule"] or "None", {**vars(torch.optim.lr_scheduler), "optimizer": one})
        path = []
        for g in job["gradients"]:
            theta.grad = torch.tensor(g)
            one.step()
            if rate:
                rate.step()
            path.append(theta.detach().ravel().tolist())
        return {"path": [path[k] for k in job["kept"]], "defaults": defaults(job["call"], vars(torch.optim))}

    def schedule(job: Job) -> Job:
        one = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], job["first"])
        rate = eval(job["call"], {**vars(torch.optim.lr_scheduler), "optimizer": one})
        values = []
        for k in range(job["steps"]):
            values.append(float(one.param_groups[0]["lr"]))
            one.step()
            if k + 1 < job["steps"]:
                rate.step()
        return {"values": values}

    def layer(w: Any) -> Any:
        dense = w.ndim == 2
        return torch.nn.Linear(w.shape[1], w.shape[0]) if dense else torch.nn.Conv2d(w.shape[1], w.shape[0], w.shape[2])

    def initializer(job: Job) -> Job:
        torch.manual_seed(1)
        *window, n_in, n_out = job["shape"]
        w = torch.empty(n_out, n_in, *window)
        draws = eval(job["call"], {**vars(torch.nn.init), "w": w, "layer": layer})
        return summary(draws.detach().numpy(), torch.nn.init._calculate_fan_in_and_fan_out(w))

    def norm(job: Job) -> Job:
        one = eval(job["call"], vars(torch.nn).copy())
        one.weight.data, one.bias.data = torch.tensor(job["gamma"]), torch.tensor(job["beta"])
        outputs = [one(torch.tensor(batch)).tolist() for batch in job["batches"]]
        result = {"training": outputs[-1], "inference": one.eval()(torch.tensor(job["batches"][0])).tolist()}
        if hasattr(one, "running_mean"):
            result |= {"mean": one.running_mean.tolist(), "variance": one.running_var.tolist()}
        return result | {"defaults": defaults(job["call"], vars(torch.nn))}

    do = {"optimizer": optimizer, "schedule": schedule, "initializer": initializer, "norm": norm}
    return {"library": "PyTorch", "version": torch.__version__}, do


def main() -> None:
    """Do every job and print one list of answers."""
    head, do = {"keras": keras_peer, "torch": torch_peer}[sys.argv[1]]()
    print(json.dumps({"head": head, "answers": [do[job["kind"]](job) for job in json.load(sys.stdin)]}))


if __name__ == "__main__":
    main()
