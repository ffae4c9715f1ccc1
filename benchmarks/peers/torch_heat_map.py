"""Momentum for many rates and momenta at once: torch with autograd, all runs in one tensor; the argument is the dimensions."""

import sys

import torch

from benchmarks.task import EIGENVALUES, LOOKED_AT, RUN_STEPS, START, pairs, report

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
rates, momenta = torch.tensor(pairs()).T
spectrum = torch.tensor(EIGENVALUES)[:, None]


def valley(theta):
    """Rosenbrock's function of every run."""
    x, y = theta
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def bowl(theta):
    """The quadratic of every run."""
    return 0.5 * (spectrum * theta**2).sum(0)


loss, start = (valley, START) if sys.argv[1] == "2" else (bowl, [1.0] * 10)


def run():
    """Return the end of every run."""
    theta = torch.tensor(start)[:, None].repeat(1, len(rates)).requires_grad_()
    v = torch.zeros_like(theta)
    for _ in range(RUN_STEPS):
        (g,) = torch.autograd.grad(loss(theta).sum(), theta)
        with torch.no_grad():
            v.mul_(momenta).sub_(rates * g)
            theta.add_(v)
    return theta.detach()


report(run, run()[:, list(LOOKED_AT)].T.tolist(), torch=torch.__version__)
