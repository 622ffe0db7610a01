"""A capacity planner for vector search: memory, shards, latency, reranking and cost in one call.

Every default is an assumption that :func:`plan` states as a parameter: prices, machine sizes and
latencies are to be replaced by one's own. The formulas are those of :mod:`helpers.serving`.
"""

import math
from dataclasses import dataclass

import numpy as np

from helpers.serving import above_zero, at_least, encoder_flops, index_bytes, shard_latencies

__all__ = ["Plan", "plan"]

_GB = 1e9


@dataclass(frozen=True)
class Plan:
    """What :func:`plan` found.

    Attributes
    ----------
    vector_gb, link_gb : float
        One copy of the index: vectors, and links of the graph (1 GB = 10^9 bytes).
    shards, copies, machines : int
        Parts of the index, replicas of each, and machines for all of them with all versions.
    shard_gb : float
        Memory of the largest shard.
    accelerators : int
        Accelerators for reranking.
    rerank_ms : float
        Time that reranking adds to each query.
    latency : ndarray (trials,)
        Milliseconds of each simulated query, everything included.
    budget_ms : float
        The budget.
    extra_requests : float
        Hedged requests as a share of all requests to shards.
    index_cost, rerank_cost : float
        Cost a month of the machines and of the accelerators.
    """

    vector_gb: float
    link_gb: float
    shards: int
    copies: int
    machines: int
    shard_gb: float
    accelerators: int
    rerank_ms: float
    latency: np.ndarray
    budget_ms: float
    extra_requests: float
    index_cost: float
    rerank_cost: float

    def quantile(self, share: float) -> float:
        """Return the latency in ms that `share` of the queries stay within."""
        return float(np.quantile(self.latency, share))

    @property
    def p99(self) -> float:
        """The 99th percentile of the latency, ms."""
        return self.quantile(0.99)

    @property
    def cost(self) -> float:
        """Cost a month of everything."""
        return self.index_cost + self.rerank_cost

    def lines(self) -> list[str]:
        """Return the plan as a few lines of text."""
        within = float((self.latency <= self.budget_ms).mean())
        return [
            f"index     {self.vector_gb:.1f} GB of vectors + {self.link_gb:.1f} GB of links",
            f"fleet     {self.shards} shards of {self.shard_gb:.1f} GB x {self.copies} copies, "
            f"{self.machines} machines in all",
            f"rerank    {self.rerank_ms:.1f} ms a query, {self.accelerators} accelerators",
            f"latency   median {self.quantile(0.5):.1f} ms, P99 {self.p99:.1f} ms; "
            f"{within:.1%} within {self.budget_ms:g} ms; {self.extra_requests:.1%} extra requests",
            f"cost      {self.index_cost:,.0f} index + {self.rerank_cost:,.0f} rerank "
            f"= {self.cost:,.0f} a month",
        ]


def plan(
    documents: int = 100_000_000,
    dim: int = 384,
    component_bytes: float = 1,
    links: int = 48,
    *,
    ram_gb: float = 16,
    fill: float = 0.7,
    shard_documents: int = 10_000_000,
    versions: int = 1,
    queries_per_second: float = 500,
    min_copies: int = 2,
    cores: int = 8,
    busy: float = 0.5,
    search_ms: float = 6.0,
    spread: float = 0.5,
    common: float = 0.0,
    hedge_after: float | None = None,
    encode_ms: float = 5.0,
    merge_ms: float = 2.0,
    rerank_pairs: int = 50,
    pair_gflop: float = encoder_flops(128, 384, 12) / 1e9,
    tflops: float = 30.0,
    budget_ms: float = 50.0,
    machine_month: float = 250.0,
    accelerator_month: float = 700.0,
    trials: int = 20_000,
    seed: int = 1,
) -> Plan:
    """Plan search over many documents: an HNSW index in memory, one shard a machine.

    Parameters
    ----------
    documents, dim : int
        How many vectors, and their components.
    component_bytes : float
        4 for FP32, 2 for FP16, 1 for INT8.
    links : int
        M of HNSW.
    ram_gb, fill : float
        Memory of a machine, and the share of it that the index may take.
    shard_documents : int
        Most documents in a shard, for instance because it must be rebuilt in a night.
    versions : int
        Index versions that are up at once: 2 during a blue/green switch.
    queries_per_second, min_copies, cores, busy
        Load; fewest replicas; processors of a machine, and the share of their time that may be
        planned for. A search keeps one core busy for `search_ms`.
    search_ms, spread, common, hedge_after
        Answer time of a shard, see
        :func:`helpers.serving.shard_latencies`.
    encode_ms, merge_ms : float
        Encoding the query; network and merging.
    rerank_pairs : int
        Pairs that the cross-encoder scores for a query, in one batch on one accelerator.
    pair_gflop, tflops : float
        Work of a pair in 10^9 operations (default: 12 layers of width 384, 128 tokens), and what
        an accelerator sustains in 10^12 operations a second.
    budget_ms : float
        Latency that the queries should stay within.
    machine_month, accelerator_month : float
        Price of one, a month, in any currency. Assumptions: put in your own.
    trials, seed : int
        Simulated queries, and the seed of the simulation.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If an argument is out of range, or one document does not fit into a machine.
    """
    at_least(1, documents=documents, shard_documents=shard_documents, versions=versions)
    at_least(1, min_copies=min_copies, cores=cores, trials=trials)
    above_zero(ram_gb=ram_gb, fill=fill, busy=busy, tflops=tflops, budget_ms=budget_ms)
    not_negative = {"queries_per_second": queries_per_second, "encode_ms": encode_ms}
    not_negative |= {"merge_ms": merge_ms, "rerank_pairs": rerank_pairs, "pair_gflop": pair_gflop}
    not_negative |= {"machine_month": machine_month, "accelerator_month": accelerator_month}
    at_least(0, **not_negative)
    if fill > 1 or busy > 1:
        raise ValueError(f"fill and busy are shares of at most 1, not {fill} and {busy}.")
    vector, link = index_bytes(dim, component_bytes, links)
    fit = min(shard_documents, int(ram_gb * fill * _GB / (vector + link)))
    if fit < 1:
        raise ValueError("one document does not fit into a machine: give it more memory.")
    shards = math.ceil(documents / fit)
    times, extra = shard_latencies(
        trials, shards, search_ms, spread, common=common, hedge_after=hedge_after, seed=seed
    )
    rerank_ms = rerank_pairs * pair_gflop / tflops
    latency = encode_ms + times.max(axis=1) + merge_ms + rerank_ms
    # Busy time that a second of traffic makes, over the time that may be planned for.
    load = queries_per_second * (1 + extra) * search_ms / 1000
    copies = max(min_copies, math.ceil(load / (cores * busy)))
    accelerators = math.ceil(queries_per_second * rerank_ms / 1000 / busy)
    machines = shards * copies * versions
    return Plan(
        vector_gb=documents * vector / _GB,
        link_gb=documents * link / _GB,
        shards=shards,
        copies=copies,
        machines=machines,
        shard_gb=math.ceil(documents / shards) * (vector + link) / _GB,
        accelerators=accelerators,
        rerank_ms=rerank_ms,
        latency=latency,
        budget_ms=budget_ms,
        extra_requests=extra,
        index_cost=machines * machine_month,
        rerank_cost=accelerators * accelerator_month,
    )
