"""The checks of lesson 06, part B: exact search, and how good a ranking is."""

from helpers.checks.similarity_b_mrr import X_MRR
from helpers.checks.similarity_b_ndcg import X_NDCG
from helpers.checks.similarity_b_topk import X_TOPK

__all__ = ["CHECKS"]

CHECKS = (X_TOPK, X_NDCG, X_MRR)
