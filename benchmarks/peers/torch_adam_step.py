"""One step of Adam on ten million numbers, float32: torch.optim.Adam, fused; the argument is the number of threads."""

import sys

import torch

from benchmarks.task import ADAM, COMPARED_STEPS, PARAMETERS, report

threads = int(sys.argv[1])
torch.set_num_threads(threads)
theta = torch.linspace(-1, 1, PARAMETERS)
theta.grad = theta.flip(0).clone()
optimizer = torch.optim.Adam(
    [theta], lr=ADAM["learning_rate"], betas=(ADAM["beta_1"], ADAM["beta_2"]), eps=ADAM["epsilon"], fused=True
)
for _ in range(COMPARED_STEPS):
    optimizer.step()
report(optimizer.step, [theta[:: PARAMETERS // 7].tolist()], threads=threads, torch=torch.__version__)
