"""GloVe as the obvious loop: the specification of the fast kernel."""

import numpy as np

__all__ = ["naive_epoch"]


def naive_epoch(
    words, contexts, word_biases, context_biases, squares, cells, counts, weights, lr=0.2,
    biases=True,
):  # fmt: skip
    """Visit cells one after another, with one AdaGrad step for each; all arrays in place.

    Parameters
    ----------
    words, contexts : ndarray (V, d), float64
        The vectors w and w~.
    word_biases, context_biases : ndarray (V,), float64
        b and b~.
    squares : sequence of four ndarray
        Sums of squared gradients of these four, in this order; ones at the start of training.
    cells : array_like (n, 2), int
        Word and context of each cell, in the order of the visits.
    counts, weights : array_like (n,)
        X > 0 and f(X) of each cell.
    lr : float
        Learning rate.
    biases : bool
        Whether the biases take part.

    Returns
    -------
    float
        Mean of ``f(X) (w . w~ + b + b~ - log X)^2``, each as met.

    Notes
    -----
    A cell's gradients are those of half its weighted squared error, at the values that it meets;
    AdaGrad (Duchi, Hazan and Singer 2011) divides them by the root of the sum of squares up to
    and with this step.
    """
    parameters = [words, contexts] + [word_biases, context_biases] * biases
    total = 0.0
    for (i, j), count, weight in zip(cells, counts, weights, strict=True):
        error = words[i] @ contexts[j] + word_biases[i] + context_biases[j] - np.log(count)
        total += weight * error**2
        gain = weight * error
        gradients = [gain * contexts[j], gain * words[i], gain, gain]
        rows = [i, j, i, j]
        for p, (parameter, row) in enumerate(zip(parameters, rows, strict=False)):
            squares[p][row] += gradients[p] ** 2
            parameter[row] -= lr * gradients[p] / np.sqrt(squares[p][row])
    return total / len(counts)
