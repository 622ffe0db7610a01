"""Answers to Q14-probe."""

import numpy as np
import torch

CHECK = "Q14-probe"


def arrays(*parts):
    return [np.asarray(part, dtype=np.float64) for part in parts]


def scaled(train, test):
    spread = train.std(0)
    spread = np.where(spread > 0, spread, 1)
    return (train - train.mean(0)) / spread, (test - train.mean(0)) / spread


def stacked_rows(train, train_factors, test, test_factors, penalty=1e-3):
    x, y, x2, y2 = arrays(train, train_factors, test, test_factors)
    x, x2 = scaled(x, x2)
    n, d = x.shape
    rows = np.vstack([x, np.sqrt(penalty * n) * np.eye(d)])
    goal = np.vstack([y - y.mean(0), np.zeros((d, y.shape[1]))])
    guess = x2 @ np.linalg.lstsq(rows, goal, rcond=None)[0] + y.mean(0)
    return 1 - ((y2 - guess) ** 2).sum(0) / ((y2 - y2.mean(0)) ** 2).sum(0)


def in_torch(train, train_factors, test, test_factors, penalty=1e-3):
    x, y, x2, y2 = (torch.tensor(a) for a in arrays(train, train_factors, test, test_factors))
    spread = x.std(0, unbiased=False)
    spread[spread == 0] = 1
    mean = x.mean(0)
    ones = [torch.ones(len(part), 1, dtype=torch.float64) for part in (x, x2)]
    x, x2 = (torch.cat([(p - mean) / spread, one], 1) for p, one in zip((x, x2), ones, strict=True))
    ridge = penalty * len(x) * torch.eye(x.shape[1], dtype=torch.float64)
    ridge[-1, -1] = 0  # The intercept is a coordinate of its own and costs nothing.
    guess = x2 @ torch.linalg.solve(x.T @ x + ridge, x.T @ y)
    return 1 - (y2 - guess).square().sum(0) / (y2 - y2.mean(0)).square().sum(0)


def one_factor_at_a_time(train, train_factors, test, test_factors, penalty=1e-3):
    x, y, x2, y2 = arrays(train, train_factors, test, test_factors)
    x, x2 = scaled(x, x2)
    kernel = x @ x.T / len(x)  # The same predictions, with one weight for each training row.
    found = []
    for column, truth in zip(y.T, y2.T, strict=True):
        dual = np.linalg.solve(kernel + penalty * np.eye(len(x)), column - column.mean())
        error = truth - (x2 @ x.T @ dual / len(x) + column.mean())
        found.append(1 - error @ error / np.square(truth - truth.mean()).sum())
    return found


def classes_of_factors(train, train_factors, test, test_factors, penalty=1e-3):
    return np.zeros(len(test_factors))


def transposed_factors(train, train_factors, test, test_factors, penalty=1e-3):
    return stacked_rows(train, train_factors, test, test_factors, penalty)[:, None]


def penalised_intercept(train, train_factors, test, test_factors, penalty=1e-3):
    x, y, x2, y2 = arrays(train, train_factors, test, test_factors)
    x, x2 = scaled(x, x2)
    x, x2 = (np.column_stack([part, np.ones(len(part))]) for part in (x, x2))
    w = np.linalg.solve(x.T @ x + penalty * len(x) * np.eye(x.shape[1]), x.T @ y)
    return 1 - ((y2 - x2 @ w) ** 2).sum(0) / ((y2 - y2.mean(0)) ** 2).sum(0)


def standardised_factors(train, train_factors, test, test_factors, penalty=1e-3):
    _, y, _, y2 = arrays(train, train_factors, test, test_factors)
    y, y2 = (y - y.mean(0)) / y.std(0), (y2 - y2.mean(0)) / y2.std(0)
    return stacked_rows(train, y, test, y2, penalty)


def fitted_on_test(train, train_factors, test, test_factors, penalty=1e-3):
    return stacked_rows(test, test_factors, test, test_factors, penalty)


def together(train, train_factors, test, test_factors, penalty=1e-3):
    x, y, x2, y2 = arrays(train, train_factors, test, test_factors)
    both = np.vstack([x, x2])
    spread = np.where(both.std(0) > 0, both.std(0), 1)
    x, x2 = (x - both.mean(0)) / spread, (x2 - both.mean(0)) / spread
    kernel, middle = x.T @ x / len(x) + penalty * np.eye(x.shape[1]), y.mean(0)
    guess = x2 @ np.linalg.inv(kernel) @ (x.T @ (y - middle)) / len(x) + middle
    return 1 - ((y2 - guess) ** 2).sum(0) / ((y2 - y2.mean(0)) ** 2).sum(0)


def plain_least_squares(train, train_factors, test, test_factors, penalty=1e-3):
    x, y, x2, y2 = arrays(train, train_factors, test, test_factors)
    x, x2 = scaled(x, x2)
    guess = x2 @ np.linalg.pinv(x) @ (y - y.mean(0)) + y.mean(0)
    return 1 - ((y2 - guess) ** 2).sum(0) / ((y2 - y2.mean(0)) ** 2).sum(0)


def own_penalty(train, train_factors, test, test_factors, penalty=1e-3):
    return stacked_rows(train, train_factors, test, test_factors)


def pooled(train, train_factors, test, test_factors, penalty=1e-3):
    _, y, _, y2 = arrays(train, train_factors, test, test_factors)
    share = 1 - stacked_rows(train, y, test, y2, penalty)
    around = ((y2 - y2.mean(0)) ** 2).sum(0)
    return np.full(y2.shape[1], 1 - (share * around).sum() / around.sum())


RIGHT = [stacked_rows, in_torch, one_factor_at_a_time]
WRONG = [
    (classes_of_factors, "the result has the shape"),
    (transposed_factors, "where the shape (1,) should come back"),
    (penalised_intercept, "column of ones is penalised"),
    (standardised_factors, "not right, first at"),
    (fitted_on_test, "not right, first at"),
    (lambda *sets, penalty=1e-3: np.array([0.9]), "not right, first at"),
    (together, "with train and test together"),
    (plain_least_squares, "The penalty is missing"),
    (own_penalty, "a penalty of .001 whatever"),
    (pooled, "not right, first at"),
    (lambda a, b, c, d: stacked_rows(a, b, c, d), "TypeError"),
]
_FLOAT = "subtracting and dividing turn lists and whole numbers into floats"
_SQUARED = "the difference is only squared"
_SETS = {
    "test": "test, test_factors = (np.asarray(test, dtype=float), np.asarray(test_f",
    "train": "train, train_factors = (np.asarray(train, dtype=float), np.asarray(tra",
}
SURVIVORS = {
    f"{line}: np.asarray({part}, dtype=float) -> np.asarray({part})": _FLOAT
    for name, line in _SETS.items()
    for part in (name, f"{name}_factors")
} | {
    f"{_SETS['test']}: np.asarray(test, dtype=float) -> test": _FLOAT,
    "around = test_factors - test_factors.mean(axis=0): test_factors - test_factors.mean(axis=0) "
    "-> test_factors.mean(axis=0) - test_factors": _SQUARED,
    "errors = test_factors - (x_test @ weights + middle): test_factors - (x_test @ weights + "
    "middle) -> x_test @ weights + middle - test_factors": _SQUARED,
    "spread = np.where(spread > 0, spread, 1): 1 -> 2": "0 divided by 1 or by 2 is 0",
    "weights = np.linalg.solve(gram, x.T @ (train_factors - middle) / len(x: "
    "train_factors - middle -> train_factors + middle": "centred x times a constant is 0",
}
