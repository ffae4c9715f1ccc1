"""A pass of Adam, fused, over the data with torch; the arguments are the network and the threads."""

import sys

import numpy as np
import torch
from torch import nn

from benchmarks.network_task import RATE, task
from benchmarks.task import ADAM

work, threads = task(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
layers = []
for W, b in work.weights():
    linear = nn.Linear(*W.shape)
    linear.weight.data, linear.bias.data = torch.tensor(W.T.copy()), torch.tensor(b)
    layers += [linear, nn.ReLU()]
model = nn.Sequential(*layers[:-1])
optimizer = torch.optim.Adam(
    model.parameters(), lr=RATE, betas=(ADAM["beta_1"], ADAM["beta_2"]), eps=ADAM["epsilon"], fused=True
)
x, y = torch.tensor(work.x), torch.tensor(work.y)
rng = np.random.default_rng(0)


def epoch():
    """Train for one epoch."""
    losses = []
    for batch in torch.tensor(rng.permutation(len(x))).split(work.batch_size):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


work.report(epoch, epoch(), threads, torch=torch.__version__)
