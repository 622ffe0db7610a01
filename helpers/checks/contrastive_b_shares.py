"""Check of lesson 04, part B: where the scatter of an embedding comes from (Q24)."""

import numpy as np

from helpers.checks.comparing import close
from helpers.checks.core import Check, Misconception
from helpers.checks.running import Case

__all__ = ["Q24_SHARES"]


def _oracle(codes, labels):
    """Walk through all views, one at a time, with the means written out."""
    codes = np.array(codes, dtype=np.float64)
    n, views, _ = codes.shape
    for i in range(n):
        for v in range(views):
            length = np.sqrt((codes[i, v] ** 2).sum())
            if length > 0:
                codes[i, v] = codes[i, v] / length
    overall = sum(codes[i, v] for i in range(n) for v in range(views)) / (n * views)
    parts = np.zeros(3)
    for i in range(n):
        image = sum(codes[i, v] for v in range(views)) / views
        same = [j for j in range(n) if labels[j] == labels[i]]
        middle = sum(codes[j, v] for j in same for v in range(views)) / (views * len(same))
        for v in range(views):
            parts += [
                ((codes[i, v] - image) ** 2).sum(),
                ((image - middle) ** 2).sum(),
                ((middle - overall) ** 2).sum(),
            ]
    total = parts.sum()
    return parts / total if total > 1e-20 * n * views else np.zeros(3)


def _codes(rng, labels, views, d, class_size=1.5, image_size=0.8, view_size=0.5):
    """Make codes with something of the class, of the image and of the view."""
    labels = np.asarray(labels)
    middles = {label: class_size * rng.normal(size=d) for label in set(labels.tolist())}
    images = np.array([middles[label] for label in labels.tolist()])
    images = images + image_size * rng.normal(size=images.shape)
    codes = images[:, None, :] + view_size * rng.normal(size=(len(labels), views, d))
    return codes * rng.uniform(0.2, 4.0, (len(labels), views, 1)), labels


def _cases(rng, hard):
    corner = np.array([[[3.0, 0.0], [0.0, 2.0]], [[-1.0, 0.0], [0.0, -5.0]]])
    zero = _codes(rng, [0, 1, 1], 2, 3)
    zero[0][1, 0] = 0.0
    listed = _codes(rng, [0, 1, 0], 2, 2)
    words = _codes(rng, [1, 0, 1], 2, 3)
    cases = [
        Case("two images, two views, two classes", (corner, np.array([0, 1]))),
        Case("four images", _codes(rng, [0, 1, 0, 1], 2, 3)),
        Case("one view of each", _codes(rng, [0, 0, 1, 1], 1, 3)),
        Case("classes of unequal size", _codes(rng, [0, 0, 0, 0, 1, 2], 3, 3)),
        Case("labels 7, 3 and 40", _codes(rng, [7, 3, 7, 40, 3], 2, 4)),
        Case("labels that are words", (words[0], np.array(["b", "a", "b"]))),
        Case("one class", _codes(rng, [5, 5, 5], 2, 3)),
        Case("a view that is all zeros", zero),
        Case("all views the same", (np.ones((3, 2, 2)), np.array([0, 1, 1]))),
        Case("lists", (listed[0].tolist(), listed[1].tolist())),
    ]
    if hard:
        wide = _codes(rng, rng.integers(0, 4, 20), 6, 5)
        cases += [
            Case("float32", (_codes(rng, [0, 1, 2, 1], 3, 4)[0].astype(np.float32), [0, 1, 2, 1])),
            Case("whole numbers", (rng.integers(-4, 5, (5, 3, 3)), np.array([1, 0, 1, 0, 1]))),
            Case("every other view of an array", (wide[0][:, ::2], wide[1])),
            Case("vectors of length a million", (wide[0] * 1e6, wide[1])),
            Case("a single picture", _codes(rng, [4], 3, 3)),
        ]
    return cases


def _variant(
    *, unit="rows", weighted=True, squared=True, divide="total", order=(0, 1, 2), zero="kept",
    nothing="zeros", classes="unique", image_to="class", grand="views",
):  # fmt: skip
    """Make an answer with one thing changed."""

    def scatter_shares(codes, labels):
        x = np.asarray(codes, dtype=np.float64)
        labels = np.asarray(labels)
        if unit in ("rows", "both"):
            length = np.linalg.norm(x, axis=2, keepdims=True)
            x = x / (np.where(length > 0, length, 1) if zero == "kept" else length)
        images = x.mean(1)
        if unit in ("means", "both"):
            length = np.linalg.norm(images, axis=1, keepdims=True)
            images = images / np.where(length > 0, length, 1)
        names, of = np.unique(labels, return_inverse=True)
        if classes == "range":
            of = np.asarray(labels, dtype=int)  # words raise, as they would there
            names = np.arange(len(names))
        middles = np.array([images[of == c].mean(0) for c in range(len(names))])
        overall = images.mean(0) if grand == "views" else middles.mean(0)
        each = middles[of] if weighted else middles
        target = middles[of] if image_to == "class" else overall
        distance = (lambda a: (a**2).sum(-1)) if squared else (lambda a: np.sqrt((a**2).sum(-1)))
        parts = np.array([
            distance(x - images[:, None]).mean(),
            distance(images - target).mean(),
            distance(each - overall).mean(),
        ])  # fmt: skip
        total = parts.sum()
        if nothing == "zeros" and not total > 1e-20:
            return np.zeros(3)
        if divide == "total":
            parts = parts / total
        elif divide == "class":
            parts = parts / parts[2]
        elif divide == "percent":
            parts = 100 * parts / total
        return parts[list(order)]

    def quiet(codes, labels):
        with np.errstate(all="ignore"):
            return scatter_shares(codes, labels)

    return quiet


def _sums_to_one(case, output):
    """Check what must hold whatever the values."""
    total = float(np.sum(np.asarray(output, dtype=float)))
    if not (abs(total - 1) < 1e-6 or total == 0):
        return f"the three shares add up to {total:.4g}, not to 1"
    return None


Q24_SHARES = Check(
    id="Q24-shares",
    title="Where does the scatter come from?",
    level=2,
    minutes=20,
    points=3,
    function="code_shares",
    make_cases=_cases,
    oracle=_oracle,
    compare=close(rtol=1e-6, atol=1e-9),
    properties=(_sums_to_one,),
    misconceptions=(
        Misconception(
            "not scaled to length 1",
            _variant(unit="no"),
            "Long vectors decide here: they go in with their own lengths, or all divided by one "
            "number. Divide each view's vector by its OWN length: neighbours are found by cosine.",
        ),
        Misconception(
            "means scaled instead of views",
            _variant(unit="means"),
            "You scale the means of the images to length 1. Scale each single view, before any "
            "mean is taken; means are then shorter than 1, and should be.",
        ),
        Misconception(
            "views and means scaled",
            _variant(unit="both"),
            "You scale the means of the images to length 1 as well. Only views are scaled; their "
            "means are shorter than 1, and should be.",
        ),
        Misconception(
            "each class counts once, everywhere",
            _variant(weighted=False, grand="classes"),
            "Your class part is a mean over classes, around the mean of the class means. Count "
            "each IMAGE once in both, so that a class with more pictures weighs more.",
        ),
        Misconception(
            "each class counts once",
            _variant(weighted=False),
            "In the third part each class counts once. Each IMAGE must count once, so repeat its "
            "class mean for every image of the class; otherwise the parts do not add up.",
        ),
        Misconception(
            "overall mean of class means",
            _variant(grand="classes"),
            "Your overall mean is the mean of the class means, in which a rare class weighs as "
            "much as a frequent one. Take the mean over all views.",
        ),
        Misconception(
            "distances not squared",
            _variant(squared=False),
            "You take mean distances. Only SQUARED distances split without a rest: view + image + "
            "class = total is Pythagoras.",
        ),
        Misconception(
            "images measured to the overall mean",
            _variant(image_to="overall"),
            "The second part measures images to the overall mean, so that it holds the third part "
            "as well. Measure the mean of each image to the mean of its CLASS.",
        ),
        Misconception(
            "not divided by the total",
            _variant(divide="no"),
            "These are mean squared distances. Divide by their sum: shares can be compared between "
            "spaces of any width.",
        ),
        Misconception(
            "percent",
            _variant(divide="percent"),
            "These are percent. Shares add up to 1: leave out the factor of 100.",
        ),
        Misconception(
            "divided by the class part",
            _variant(divide="class"),
            "You divide by the class part, as in a within/between ratio. Here shares of the total "
            "are asked for, which add up to 1.",
        ),
        Misconception(
            "order reversed",
            _variant(order=(2, 1, 0)),
            "The order is the other way round: first view, then image, last class.",
        ),
        Misconception(
            "a vector of zeros gives nan",
            _variant(zero="divided"),
            "A view whose code is all zeros has length 0, and 0 / 0 is nan. Leave it as it is: "
            "divide by `np.where(length > 0, length, 1)`.",
        ),
        Misconception(
            "nothing varies gives nan",
            _variant(nothing="divided"),
            "Where all views are the same the total is 0, and 0 / 0 is nan. Return three zeros "
            "there.",
        ),
        Misconception(
            "labels taken for 0, 1, 2",
            _variant(classes="range"),
            "You take for granted that the labels are 0, 1, 2, ... They may be any: "
            "`np.unique(labels)` gives those that there are.",
        ),
    ),
)
