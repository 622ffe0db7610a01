"""NT-Xent for large batches on a processor: tiles instead of a 2N x 2N matrix.

With unit rows z, scores S = z z' / tau without the diagonal, and L_i the log-sum-exp of row i, the
loss is mean_i (L_i - S_i,twin), and its gradient in z is (W z - 2 z_twin) / (2N tau) with the
symmetric W_ij = exp(S_ij - L_i) + exp(S_ij - L_j). So S and W are only needed in square tiles on
and above the diagonal, which stay in the cache: a first round finds L, a second makes S again and
multiplies. That is two matrix products for forward and backward together. Plain code needs three,
and writes and reads matrices of 2N x 2N numbers several times.
"""

import functools
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from helpers.models.torch_models import torch_threads

__all__ = ["fast_nt_xent"]

TILE = 512
_SAFE_RANGE = 80.0  # exp(-80) is still a normal float32


def fast_nt_xent(z1: Tensor, z2: Tensor, temperature: float = 0.5) -> Tensor:
    """Compute the same as :func:`helpers.contrastive.nt_xent`, faster and in little memory.

    Parameters
    ----------
    z1, z2 : Tensor (N, d), float32 or float64
        Two views of each of N inputs, of any length.
    temperature : float
        A number: it gets no gradient.

    Returns
    -------
    Tensor ()
        Mean over all 2N views. Gradients of first order only.

    Raises
    ------
    ValueError
        If the two sides are not matrices of the same shape, or the temperature is not positive.
    """
    if z1.ndim != 2 or z1.shape != z2.shape or not len(z1) or not z1.is_floating_point():
        raise ValueError(
            "the two sides must be float matrices of the same shape, a row each, but are "
            f"{tuple(z1.shape)} and {tuple(z2.shape)}."
        )
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, not {temperature}.")
    return _NTXent.apply(torch.cat([z1, z2]), float(temperature), torch.is_grad_enabled())


class _NTXent(torch.autograd.Function):
    @staticmethod
    def forward(ctx, raw, temperature, grad_enabled):
        norms = raw.norm(dim=1, keepdim=True).clamp_min(1e-12)
        z = raw / norms
        twins = z.roll(len(z) // 2, 0)
        log_sums = _log_sums(z, temperature)
        loss = log_sums.mean() - (z * twins).sum(1).mean() / temperature
        if grad_enabled and ctx.needs_input_grad[0]:
            gradient = _weighted_sums(z, temperature, log_sums).sub_(twins, alpha=2)
            gradient.div_(len(z) * temperature)
            # Through the normalisation: only what is orthogonal to z is left.
            gradient.sub_(z * (z * gradient).sum(1, keepdim=True)).div_(norms)
            ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        (gradient,) = ctx.saved_tensors
        return gradient * upstream, None, None


def _by_stripes(function, z: Tensor) -> list[Tensor]:
    """Call ``function(starts)`` with the first rows of all tiles, dealt out to threads.

    Threads over stripes wait for each other once, those inside small products at each product.
    Every thread has sums of its own, so the result does not depend on who is faster.
    """
    starts, threads = range(0, len(z), TILE), torch.get_num_threads()
    if threads == 1 or len(starts) < 2 * threads:
        return [function(starts)]
    with torch_threads(1), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, (starts[worker::threads] for worker in range(threads))))


def _tiles(z: Tensor, temperature: float, starts):
    """Yield row slice, column slice and scores of each tile on and above the diagonal."""
    for i in starts:
        rows = slice(i, i + TILE)
        scaled = z[rows] / temperature
        for j in range(i, len(z), TILE):
            columns = slice(j, j + TILE)
            scores = scaled @ z[columns].T
            if i == j:
                scores.fill_diagonal_(-torch.inf)
            yield rows, columns, scores


def _log_sums(z: Tensor, temperature: float) -> Tensor:
    """Log-sum-exp of each row of S."""

    def sums_of(starts):
        # No score is above 1 / tau, so one shift for all rows is safe.
        sums = z.new_zeros(len(z))
        for rows, columns, scores in _tiles(z, temperature, starts):
            scores.sub_(1 / temperature).exp_()
            sums[rows] += scores.sum(1)
            if rows != columns:
                sums[columns] += scores.sum(0)
        return sums

    def log_sums_of(starts):
        log_sums = z.new_full((len(z),), -torch.inf)
        for rows, columns, scores in _tiles(z, temperature, starts):
            log_sums[rows] = torch.logaddexp(log_sums[rows], scores.logsumexp(1))
            if rows != columns:
                log_sums[columns] = torch.logaddexp(log_sums[columns], scores.logsumexp(0))
        return log_sums

    if 2 / temperature <= _SAFE_RANGE:
        return sum(_by_stripes(sums_of, z)).log_().add_(1 / temperature)
    return functools.reduce(torch.logaddexp, _by_stripes(log_sums_of, z))


def _weighted_sums(z: Tensor, temperature: float, log_sums: Tensor) -> Tensor:
    """Compute W z."""
    safe = 2 / temperature <= _SAFE_RANGE
    shares = (1 / temperature - log_sums).exp_() if safe else None

    def sums_of(starts):
        sums = torch.zeros_like(z)
        for rows, columns, scores in _tiles(z, temperature, starts):
            if safe:
                weights = scores.sub_(1 / temperature).exp_()
                weights.mul_(shares[rows, None] + shares[columns])
            else:
                weights = (scores - log_sums[rows, None]).exp_()
                weights += scores.sub_(log_sums[columns]).exp_()
            sums[rows].addmm_(weights, z[columns])
            if rows != columns:
                sums[columns].addmm_(weights.T, z[rows])
        return sums

    return sum(_by_stripes(sums_of, z))
