"""Speed and exactness of the tiled NT-Xent next to its peers.

    python -m benchmarks.bench_nt_xent                       # about three minutes
    python -m benchmarks.bench_nt_xent --sizes 1024 --repeats 5

Forward and backward pass for two views of N x 128 float32 numbers at temperature .1. Peers:
pytorch-metric-learning's ``NTXentLoss`` (up to N = 128: it lists every pair of a positive and a
negative, so its memory grows with N^3) and its ``SupConLoss``, which is the same loss when each
label occurs twice; lightly's ``NTXentLoss`` where lightly is installed (it is not a dependency),
the same formulation written here (four N x N products, diagonals cut out by a mask, concatenated),
and one ``cross_entropy`` over the 2N x 2N scores. All in turn within one run, with one thread and
with two; medians. The error is that of the gradient against float64. Results go to
``results/nt_xent.json``.
"""

import argparse
import json
import platform
import statistics
import time
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import torch
from pytorch_metric_learning.losses import NTXentLoss as PmlNTXentLoss
from pytorch_metric_learning.losses import SupConLoss
from torch.nn import functional as F

from helpers.contrastive import nt_xent
from helpers.models.torch_models import torch_threads
from helpers.nt_xent import TILE, fast_nt_xent

RESULTS = Path(__file__).parent / "results" / "nt_xent.json"
DIM, TEMPERATURE = 128, 0.1
CUBIC_LIMIT = 128  # a pass of NTXentLoss takes 0.1 s at N = 64, and 8 times as long at 128


def four_products(z1, z2, temperature):
    """NT-Xent as lightly writes it: a product for each pair of views, masks, concatenation."""
    z1, z2 = F.normalize(z1, dim=1), F.normalize(z2, dim=1)
    n = len(z1)
    own = torch.eye(n, dtype=torch.bool)
    scores = {
        (i, j): torch.einsum("nd,md->nm", a, b) / temperature
        for i, a in enumerate((z1, z2))
        for j, b in enumerate((z1, z2))
    }
    rows = [torch.cat([scores[i, 1 - i], scores[i, i][~own].view(n, -1)], dim=1) for i in (0, 1)]
    return F.cross_entropy(torch.cat(rows), torch.arange(n).repeat(2))


def of_labels(loss):
    """Give two views to a loss of pytorch-metric-learning: both views of a pair have one label."""

    def two_views(z1, z2, temperature):
        labels = torch.arange(len(z1)).repeat(2)
        return loss(temperature=temperature)(torch.cat([z1, z2]), labels)

    return two_views


def peers(n=0):
    """All ways for N = n by name; lightly only where it is installed."""
    found = {
        "ours": fast_nt_xent,
        "pytorch-metric-learning SupConLoss": of_labels(SupConLoss),
        "lightly's formulation": four_products,
        "one cross_entropy": nt_xent,
    }
    if n <= CUBIC_LIMIT:
        found["pytorch-metric-learning NTXentLoss"] = of_labels(PmlNTXentLoss)
    try:
        import lightly
        from lightly.loss import NTXentLoss
    except ImportError:
        return found, None
    found["lightly"] = lambda z1, z2, temperature: NTXentLoss(temperature)(z1, z2)
    return found, lightly.__version__


def views(n, dtype=torch.float32):
    """Make two noisy copies of n random vectors, as leaves that want a gradient."""
    generator = torch.Generator().manual_seed(n)
    z = torch.randn(n, DIM, generator=generator)
    noise = torch.randn(2, n, DIM, generator=generator)
    return [(z + part).to(dtype).requires_grad_() for part in noise]


def gradient(loss, z1, z2):
    """Loss and gradient of both views."""
    value = loss(z1, z2, TEMPERATURE)
    return value.detach(), torch.cat(torch.autograd.grad(value, [z1, z2]))


def compare(n, repeats):
    """CPU milliseconds, wall milliseconds and ratios of all ways for N = n."""
    ways, _ = peers(n)
    value64, gradient64 = gradient(nt_xent, *views(n, torch.float64))
    errors = {}
    for name, loss in ways.items():  # also warms up
        value, found = gradient(loss, *views(n))
        errors[name] = {
            "loss_error": abs(float(value - value64) / float(value64)),
            "gradient_error": float((found - gradient64).norm() / gradient64.norm()),
        }
    del value64, gradient64
    cpu, wall = defaultdict(list), defaultdict(list)
    for _ in range(repeats):
        for name, loss in ways.items():
            inputs = views(n)
            start = time.process_time(), time.perf_counter()
            gradient(loss, *inputs)
            cpu[name].append(time.process_time() - start[0])
            wall[name].append(time.perf_counter() - start[1])
    table = {}
    for name in ways:
        ratios = [theirs / ours for ours, theirs in zip(cpu["ours"], cpu[name], strict=True)]
        walls = [theirs / ours for ours, theirs in zip(wall["ours"], wall[name], strict=True)]
        table[name] = {
            "cpu_ms": round(1000 * statistics.median(cpu[name]), 1),
            "wall_ms": round(1000 * statistics.median(wall[name]), 1),
            "cpu_ratio": round(statistics.median(ratios), 2),
            "cpu_ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
            "wall_ratio": round(statistics.median(walls), 2),
            **{key: float(f"{error:.2g}") for key, error in errors[name].items()},
        }
    return table


def main():
    """Run what the command line asks for and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes", nargs="+", type=int, default=[64, 128, 256, 1024, 4096], help="N"
    )
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--repeats", type=int, default=7, help="timed runs")
    options = parser.parse_args()
    machine = {
        "processor": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        "torch": torch.__version__, "lightly": peers()[1],
        "pytorch-metric-learning": version("pytorch-metric-learning"), "tile": TILE,
    }  # fmt: skip
    for n in options.sizes:
        for threads in options.threads:
            with torch_threads(threads):
                table = compare(n, options.repeats)
            name = f"N = {n}, {threads} thread{'s' if threads > 1 else ''}"
            print(name, json.dumps(table, indent=1), flush=True)
            results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
            results |= {"machine": machine, name: table}
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
