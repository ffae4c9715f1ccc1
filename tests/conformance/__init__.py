"""Papers, Keras, PyTorch and this library beside each other: stored traces, and the rule that repeats each."""
