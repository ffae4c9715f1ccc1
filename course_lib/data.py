"""Data sets that need no network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_lib.rule import FloatArray


class Dataset(NamedTuple):
    """Inputs and classes, split once.

    Parameters
    ----------
    x_train, x_test : ndarray of shape (examples, features)
        Inputs.
    y_train, y_test : ndarray of int of shape (examples,)
        Classes, from 0.
    source : str
        Where the data come from.
    """

    x_train: FloatArray
    y_train: np.ndarray
    x_test: FloatArray
    y_test: np.ndarray
    source: str


def digits(*, test_share: float = 0.2, seed: int = 0) -> Dataset:
    """Handwritten digits, 8 x 8 pixels, ten classes, 1797 images.

    Parameters
    ----------
    test_share : float in (0, 1)
        Share of the images that is set apart.
    seed : int
        Of the split.

    Returns
    -------
    Dataset
        Pixels from 0 to 1.

    Raises
    ------
    ImportError
        If scikit-learn, which ships the images, is missing.
    ValueError
        If test_share is outside (0, 1).
    """
    if not 0 < test_share < 1:
        raise ValueError(f"test_share must be between 0 and 1, got {test_share}")
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("digits() takes its images from scikit-learn: pip install scikit-learn") from error
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    cut = round(len(x) * (1 - test_share))
    train, test = order[:cut], order[cut:]
    source = "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI 1998, doi:10.24432/C50P49"
    return Dataset(x[train] / 16, y[train], x[test] / 16, y[test], source)
