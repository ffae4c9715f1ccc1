"""Adam on Rosenbrock's valley: torch.optim.Adam with autograd, in float64, on one thread."""

import torch

from benchmarks.task import ADAM, START, STEPS, time_path


def adam(theta):
    """Make the optimizer; the fused one, which is the fastest here, where this torch has it."""
    settings = {"lr": ADAM["learning_rate"], "betas": (ADAM["beta_1"], ADAM["beta_2"]), "eps": ADAM["epsilon"]}
    try:
        return torch.optim.Adam([theta], fused=True, **settings)
    except (TypeError, RuntimeError):
        return torch.optim.Adam([theta], **settings)


def follow():
    """Return the path as a list of points, the cheapest way to keep it."""
    theta = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = adam(theta)
    path = [theta.tolist()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        x, y = theta
        loss = (1 - x) ** 2 + 100 * (y - x**2) ** 2
        loss.backward()
        optimizer.step()
        path.append(theta.tolist())
    return path


torch.set_num_threads(1)
time_path(follow, torch=torch.__version__)
