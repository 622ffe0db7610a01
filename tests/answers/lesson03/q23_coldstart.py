"""Answers to Q23-coldstart."""

import numpy as np

CHECK = "Q23-coldstart"


def weights(clicks, views, prior, strength):
    clicks, views = np.array(clicks, float), np.array(views, float)
    trust = views / (views + strength)
    seen = np.where(views > 0, clicks / np.maximum(views, 1), 0)
    return trust * seen + (1 - trust) * np.asarray(prior)


def loop(clicks, views, prior, strength):
    priors = prior if np.ndim(prior) else [prior] * len(views)
    return [
        (float(c) + float(p) * strength) / (strength + float(v))
        for c, v, p in zip(clicks, views, priors, strict=True)
    ]


def trust_swapped(clicks, views, prior, strength):
    clicks, views = np.array(clicks, float), np.array(views, float)
    trust = strength / (views + strength)
    return trust * np.where(views > 0, clicks / np.maximum(views, 1), 0) + (1 - trust) * prior


def prior_always(clicks, views, prior, strength):
    return np.broadcast_to(prior, len(views)) + 0.0


def mean_prior(clicks, views, prior, strength):
    return weights(clicks, views, np.mean(prior), strength)


def views_as_clicks(clicks, views, prior, strength):
    return weights(views, views, prior, strength)


def one_number(clicks, views, prior, strength):
    return float(np.mean(weights(clicks, views, prior, strength)))


RIGHT = [weights, loop]
WRONG = [
    (trust_swapped, "not right, first at"),
    (prior_always, "not right, first at"),
    (mean_prior, "Each product has its own prior"),
    (views_as_clicks, "not right, first at"),
    (one_number, "one number"),
]
_NUMPY = "the prior is a NumPy number, and adding it turns a list into an array"
SURVIVORS = {
    "clicks, views = (np.asarray(clicks), np.asarray(views)): np.asarray(clicks) -> clicks": _NUMPY,
}
