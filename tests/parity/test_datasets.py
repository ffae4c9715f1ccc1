"""MNIST and CIFAR-10 come through Keras; without a network there are digits all the same, and a word about it."""

import keras
import numpy as np
import pytest

from course_lib.counterparts.datasets import cifar10, mnist


@pytest.mark.parametrize(("load", "name", "shape"), [(mnist, "mnist", (28, 28)), (cifar10, "cifar10", (32, 32, 3))])
def test_images_become_rows_between_0_and_1(monkeypatch, load, name, shape):
    def some(n):
        x = np.random.default_rng(n).integers(0, 256, size=(n, *shape)).astype(np.uint8)
        return x, np.arange(n, dtype=np.uint8).reshape((n, 1) if name == "cifar10" else n)

    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", lambda: (some(5), some(3)))
    data = load()
    assert data.x_train.shape == (5, np.prod(shape)) and data.x_train.dtype == np.float32
    np.testing.assert_array_equal(data.x_train, some(5)[0].reshape(5, -1) / np.float32(255))
    np.testing.assert_array_equal(data.y_test, [0, 1, 2])


@pytest.mark.parametrize(("load", "name"), [(mnist, "mnist"), (cifar10, "cifar10")])
def test_without_a_network_there_are_digits_and_a_word(monkeypatch, load, name):
    def offline():
        raise Exception("URL fetch failure on https://...: None -- unreachable")

    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", offline)
    with pytest.warns(UserWarning, match=f"{name} could not be downloaded .URL fetch failure.*the 1797 digits"):
        data = load()
    assert data.x_train.shape[1] == 64
    with pytest.raises(ConnectionError, match=rf"{name} could not be downloaded.*~/.keras/datasets"):
        load(fallback=False)
