"""MNIST and CIFAR-10 through Keras, which downloads them once; without a network the digits inside scikit-learn."""

from __future__ import annotations

import importlib
import warnings

import numpy as np

from course_lib.data import Dataset, digits

SOURCES = {
    "mnist": "Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), doi:10.1109/5.726791",
    "cifar10": "A. Krizhevsky (2009), Learning multiple layers of features from tiny images",
}


def mnist(*, fallback: bool = True) -> Dataset:
    """Handwritten digits, 28 x 28 pixels, ten classes, 60 000 images to train and 10 000 to test.

    Parameters
    ----------
    fallback : bool
        Where they cannot be had, warn and return the 1797 small digits inside scikit-learn; else raise.

    Returns
    -------
    Dataset
        Pixels from 0 to 1, float32, one row an image; its source says which set it is.

    Raises
    ------
    ConnectionError
        If they cannot be had and there shall be no fallback.
    """
    return _load("mnist", fallback)


def cifar10(*, fallback: bool = True) -> Dataset:
    """Color photographs, 32 x 32 x 3, ten classes, 50 000 to train and 10 000 to test; all else as `mnist`."""
    return _load("cifar10", fallback)


def _load(name: str, fallback: bool) -> Dataset:
    try:
        parts = importlib.import_module(f"keras.datasets.{name}").load_data()
    except Exception as error:  # Keras raises a bare Exception where a download fails
        why = f"{name} could not be downloaded ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        if not fallback:
            raise ConnectionError(f"{why}; Keras keeps it in ~/.keras/datasets once it was") from error
        warnings.warn(f"{why}; here are the 1797 digits of scikit-learn, 8 x 8 pixels, in its place", stacklevel=3)
        return digits()
    (x_train, y_train), (x_test, y_test) = parts
    train, test = ((x.reshape(len(x), -1) / np.float32(255)).astype(np.float32) for x in (x_train, x_test))
    return Dataset(train, y_train.ravel().astype(int), test, y_test.ravel().astype(int), SOURCES[name])
