"""Data sets that need no network: those inside scikit-learn, and made ones."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from course_lib.hyperparameters import check_count, check_rng
from course_lib.rule import FloatArray, nearest

INSIDE = {
    "digits": "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI 1998, doi:10.24432/C50P49",
    "breast_cancer": "W. Wolberg et al., Breast Cancer Wisconsin (Diagnostic), UCI 1995, doi:10.24432/C5DW2B",
    "wine": "S. Aeberhard and M. Forina, Wine, UCI 1991, doi:10.24432/C5PC7J",
    "iris": "R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936, doi:10.24432/C56C76",
    "diabetes": "B. Efron et al., Least angle regression, 2004, doi:10.1214/009053604000000067",
}
"""The sets inside scikit-learn by name, each with its source; all but diabetes have classes."""


class Dataset(NamedTuple):
    """Inputs and answers, split once.

    Parameters
    ----------
    x_train, x_test : ndarray of shape (examples, features)
        Inputs.
    y_train, y_test : ndarray of shape (examples,)
        Classes, whole numbers from 0; or numbers, where the set is for regression.
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
    return load("digits", test_share=test_share, seed=seed)


def load(name: str, *, test_share: float = 0.2, seed: int = 0) -> Dataset:
    """Return a set that scikit-learn ships.

    Parameters
    ----------
    name : str
        One of `INSIDE`: digits, breast_cancer, wine, iris, diabetes.
    test_share : float in (0, 1)
        Share of the examples that is set apart.
    seed : int
        Of the split.

    Returns
    -------
    Dataset
        Features as they were measured (`course_lib.feature_scaling` scales), but for the digits' pixels, which go from 0 to 1.

    Raises
    ------
    ImportError
        If scikit-learn is missing.
    LookupError
        If no set has that name.
    ValueError
        If test_share is outside (0, 1).
    """
    if name not in INSIDE:
        raise LookupError(f"no data set is called {name!r}; {nearest(name, INSIDE)}")
    _check_share(test_share)
    try:
        import sklearn.datasets
    except ImportError as error:
        raise ImportError(f"{name} comes with scikit-learn: pip install scikit-learn") from error
    settings = {"scaled": False} if name == "diabetes" else {}
    x, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True, **settings)
    x = x / 16 if name == "digits" else x
    return split(np.random.default_rng(seed), x, y, test_share=test_share, source=INSIDE[name])


def split(rng: np.random.Generator, x: FloatArray, y: np.ndarray, *, test_share: float = 0.2, source: str) -> Dataset:
    """Shuffle examples and set some apart.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order.
    x : ndarray of shape (examples, features)
        Inputs.
    y : ndarray of shape (examples,)
        Answers.
    test_share : float in (0, 1)
        Share of the examples that is set apart.
    source : str
        Where the data come from.

    Returns
    -------
    Dataset
        Every example once.

    Raises
    ------
    TypeError
        If rng is no generator.
    ValueError
        If test_share is outside (0, 1), a part would be empty, or x and y differ in length.
    """
    check_rng(rng)
    _check_share(test_share)
    if len(x) != len(y):
        raise ValueError(f"x and y must have one entry an example, got {len(x)} and {len(y)}")
    cut = round(len(x) * (1 - test_share))
    if not 0 < cut < len(x):
        raise ValueError(f"{len(x)} examples cannot be split with test_share {test_share}: one part would be empty")
    order = rng.permutation(len(x))
    train, test = order[:cut], order[cut:]
    return Dataset(x[train], y[train], x[test], y[test], source)


def blobs(
    rng: np.random.Generator,
    n: int = 300,
    *,
    classes: int = 3,
    features: int = 2,
    spread: float = 1.0,
    test_share: float = 0.2,
) -> Dataset:
    """Round Gaussian clouds, one a class, about centers drawn from the cube [-5, 5].

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the centers, the points and the split.
    n : int >= 2
        Examples, as many of each class as can be.
    classes, features : int >= 1
        Clouds, and coordinates of each point.
    spread : float >= 0
        Standard deviation of a cloud in each direction.
    test_share : float in (0, 1)
        Share of the examples that is set apart.

    Returns
    -------
    Dataset
        The points.

    Raises
    ------
    TypeError, ValueError
        If rng is no generator or a number is out of range.
    """
    n, classes, features = _check(rng, n=(n, 2), classes=(classes, 1), features=(features, 1))
    _check_not_negative("spread", spread)
    centers = rng.uniform(-5, 5, size=(classes, features))
    y = np.arange(n) % classes
    x = centers[y] + spread * rng.normal(size=(n, features))
    return split(rng, x, y, test_share=test_share, source=f"{classes} Gaussian clouds")


def spirals(
    rng: np.random.Generator,
    n: int = 300,
    *,
    classes: int = 2,
    turns: float = 1.5,
    noise: float = 0.1,
    test_share: float = 0.2,
) -> Dataset:
    """Interleaved spirals of one class each: no straight line tells them apart.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the points and the split.
    n : int >= 2
        Examples, as many of each class as can be.
    classes : int >= 1
        Arms.
    turns : float >= 0
        How often an arm goes round.
    noise : float >= 0
        Standard deviation of what is added to each coordinate; neighboring arms are 5 / (turns * classes) apart.
    test_share : float in (0, 1)
        Share of the examples that is set apart.

    Returns
    -------
    Dataset
        Points of the plane, up to 5 from the origin.

    Raises
    ------
    TypeError, ValueError
        If rng is no generator or a number is out of range.
    """
    n, classes = _check(rng, n=(n, 2), classes=(classes, 1))
    _check_not_negative("turns", turns)
    _check_not_negative("noise", noise)
    y = np.arange(n) % classes
    along = rng.uniform(0.1, 1, size=n)
    angle = 2 * np.pi * (turns * along + y / classes)
    x = 5 * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1) + noise * rng.normal(size=(n, 2))
    return split(rng, x, y, test_share=test_share, source=f"{classes} spirals")


def sparse_features(
    rng: np.random.Generator,
    n: int = 1000,
    features: int = 200,
    *,
    decay: float = 1.0,
    test_share: float = 0.2,
) -> Dataset:
    """Features that are mostly zero, like the words of a text: feature j is there with probability 1/j to the power of decay.

    The class is the sign of a sum in which every feature, however rare, counts the same; so a method must learn fast from
    what it seldom sees, which is what AdaGrad was made for.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the weights, the features and the split.
    n : int >= 2
        Examples.
    features : int >= 1
        Features; the first is always there.
    decay : float >= 0
        How fast they become rare; 0 makes none rare.
    test_share : float in (0, 1)
        Share of the examples that is set apart.

    Returns
    -------
    Dataset
        Features that are 0 or 1, classes 0 and 1.

    Raises
    ------
    TypeError, ValueError
        If rng is no generator or a number is out of range.

    References
    ----------
    J. Duchi, E. Hazan and Y. Singer (2011), Adaptive subgradient methods for online learning and stochastic optimization,
    JMLR 12, section 1.3: features of which the j-th is there with probability min(1, c / j**decay).
    """
    n, features = _check(rng, n=(n, 2), features=(features, 1))
    _check_not_negative("decay", decay)
    there = np.arange(1, features + 1) ** -float(decay)
    weights = rng.choice([-1.0, 1.0], size=features)
    x = (rng.random((n, features)) < there).astype(float)
    y = (x @ weights > 0).astype(int)
    return split(rng, x, y, test_share=test_share, source=f"sparse features, the j-th with probability j**-{decay:g}")


def wilson_least_squares(
    rng: np.random.Generator, n: int = 200, *, positive_share: float = 0.6, test_share: float = 0.5
) -> Dataset:
    """Least squares on which adaptive methods fit every training example and fail on the rare class of the test data.

    Feature 1 is the class itself, features 2 and 3 are always 1, and each example has features that no other has: one
    where the class is +1, five where it is -1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order of the classes and of the split.
    n : int >= 2
        Examples in all.
    positive_share : float in (0, 1)
        Share of the class +1; the construction needs more than half.
    test_share : float in (0, 1)
        Share of the examples that is set apart.

    Returns
    -------
    Dataset
        Features of shape ``(examples, 3 + 5 n)``; the answers are the numbers -1 and +1.

    Raises
    ------
    TypeError, ValueError
        If rng is no generator or a number is out of range.

    References
    ----------
    A. C. Wilson, R. Roelofs, M. Stern, N. Srebro and B. Recht (2017), The marginal value of adaptive gradient methods in
    machine learning, section 3.3, arXiv:1705.08292.
    """
    (n,) = _check(rng, n=(n, 2))
    if not 0 < positive_share < 1:
        raise ValueError(f"positive_share must be between 0 and 1, got {positive_share}")
    y = np.where(np.arange(n) < round(n * positive_share), 1.0, -1.0)
    x = np.zeros((n, 3 + 5 * n))
    x[:, 0], x[:, 1:3] = y, 1.0
    for i, label in enumerate(y):
        own = 3 + 5 * i
        x[i, own : own + (1 if label > 0 else 5)] = 1.0
    return split(rng, x, y, test_share=test_share, source="Wilson et al. (2017), section 3.3, arXiv:1705.08292")


def _check(rng: np.random.Generator, **counts: tuple[int, int]) -> list[int]:
    """Return the counts as ints, or refuse what is no generator or a count below the least."""
    check_rng(rng)
    return [check_count(name, number, least) for name, (number, least) in counts.items()]


def _check_share(test_share: float) -> None:
    if not 0 < test_share < 1:
        raise ValueError(f"test_share must be between 0 and 1, got {test_share}")


def _check_not_negative(name: str, number: float) -> None:
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{name} must be finite and at least 0, got {number}")
