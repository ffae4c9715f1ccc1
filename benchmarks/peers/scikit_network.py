"""A pass of Adam over the data with scikit-learn's MLPClassifier, float32; the argument is the network."""

import sys

import sklearn
from sklearn.neural_network import MLPClassifier

from benchmarks.network_task import RATE, task
from benchmarks.task import ADAM

work = task(sys.argv[1])
rates = {"learning_rate_init": RATE, "beta_1": ADAM["beta_1"], "beta_2": ADAM["beta_2"], "epsilon": ADAM["epsilon"]}
hidden = work.widths[1:-1]
network = MLPClassifier(hidden, alpha=0, batch_size=work.batch_size, random_state=0, shuffle=False, **rates)
x, y = work.in_order()
losses = [network.partial_fit(x, y, classes=range(work.widths[-1])).loss_]
network.set_params(shuffle=True)
work.report(lambda: network.partial_fit(work.x, work.y), losses, sklearn=sklearn.__version__)
