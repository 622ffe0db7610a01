# %% [markdown]
# # Lesson 07: PCA
#
# A sentence vector has 384 numbers, an index pays for each of them, and a screen shows two. Which
# directions may be dropped? Principal component analysis answers with the oldest tool of the
# trade: keep the axes along which the data vary most. It is a single matrix product, and it comes
# with exact promises. In this lesson you derive it, see it come out of several routes, find out what
# its axes carry in real text, and measure what a search loses.
#
# Each part starts with its own question, so you may stop anywhere. Reckon with four to five hours
# of your own time, a part an evening.
#
# | part | question | exercises |
# |---|---|---|
# | 1. Three routes to the same axes | what does PCA compute, and what does it promise? | X-pca, X-k |
# | 2. Text, and what an axis carries | what do the first components mean, and what do the last hide? | X-fold |
# | 3. What compression costs | when does PCA hurt a search, and what helps? | Q18 |

# %% [markdown]
# ## How to work through it
#
# As in the lessons before: you are asked to predict before a measurement, so write your guess
# down. Statements marked **as it is usually told** come from common notes and may be wrong; the
# cell that follows decides. The code after an exercise never uses your function, so you can skip
# one and return to it. In an exercise use only NumPy, `math` and functions of your own.
#
# You should know matrices, eigenvectors and variance; lesson 05 gave covariance and whitening,
# lesson 06 exact search and the graph index (HNSW). Letters: $X$ is a matrix of $n$ rows (the
# vectors) and $d$ columns (their coordinates), $\boldsymbol\mu$ the mean row, $C$ the covariance,
# $\lambda_1\ge\lambda_2\ge\dots$ its eigenvalues, $W$ a matrix whose $k$ columns are axes of length
# 1, $k$ the number of axes kept. The first run fetches the models (about 170 MB) into a cache and
# encodes 16,000 short texts, which takes three to six minutes; later runs read the vectors from the
# cache and need no network.

# %% tags=["setup"]
import math

import numpy as np

from helpers import data, plots
from helpers.checks import check

# %% [markdown]
# ### Three collections
#
# - **posts**: 6,000 posts of 20 newsgroups, 300 of each, encoded by MiniLM (384 numbers, length 1).
#   Each post's group is known;
# - **verses**: the search of lesson 06: 10,000 Bible verses in modern English and 500 of them in
#   the King James wording as queries, each with one right answer;
# - **words**: GloVe's 20,000 most frequent words, 50 numbers each, of any length.
# %% tags=["S-compress"]
from helpers.newsgroup_vectors import newsgroup_vectors
from helpers.verse_search import verse_search

posts = newsgroup_vectors()
search = verse_search()
glove_words, glove_vectors = data.pretrained_glove()
word_vectors = np.array(glove_vectors[:20_000], dtype=float)
print(f"{len(posts.texts):,} posts of {len(posts.names)} groups, vectors {posts.vectors.shape}")
print(f"{len(search.documents):,} verses and {len(search.queries)} queries")
print("a post:", posts.texts[0][:70], "...")
print("its group:", posts.names[posts.labels[0]])
assert posts.vectors.shape == (6_000, 384) and np.bincount(posts.labels).min() == 300

# %% [markdown]
# ## 1. Three routes to the same axes
#
# > **An interviewer asks:** “Derive PCA. How would you compute it for a million vectors, how many
# > axes do you keep, and what can you promise about distances afterwards?”

# %% [markdown]
# ### Which axes?
#
# Along an axis $\mathbf w$ of length 1, the rows' variance is $\mathbf w^\top C\mathbf w$, with
# $C=\frac1n\sum_i(\mathbf x_i-\boldsymbol\mu)(\mathbf x_i-\boldsymbol\mu)^\top$. Write
# $\mathbf w=\sum_j c_j\mathbf q_j$ in $C$'s eigenvectors $\mathbf q_j$ (of length 1, at right
# angles), so that $\sum_j c_j^2=1$. Then $\mathbf w^\top C\mathbf w=\sum_j c_j^2\lambda_j$, a
# weighted mean of the eigenvalues: at most $\lambda_1$, reached along $\mathbf q_1$; at a right
# angle to it at most $\lambda_2$, and so on. (For $k$ axes together no eigenvalue gets more weight
# than 1 and all weights sum to $k$: the $k$ largest win.)
#
# Each centred row splits at right angles into kept and dropped; squared lengths add up. So *most
# variance kept is least squared error lost*: $\lambda_{k+1}+\dots+\lambda_d$ a row on average.

# %% [markdown]
# Three routes (products counted, $k$ axes):
#
# | route | how | cost |
# |---|---|---|
# | covariance | eigenvectors of $C$ | $nd^2$ and then about $d^3$ |
# | SVD (singular values) | $X-\boldsymbol\mu=USV^\top$: axes in $V$ | several times $nd^2$ |
# | randomised (Halko et al. 2011) | see below | $nd(k+10)$ a reading, and a QR |
#
# Randomised: the centred rows times $k+10$ random vectors lie mostly where variances are large; a
# basis of them (QR) and a small SVD give axes. A **round** multiplies by $X-\boldsymbol\mu$ and its
# transpose once more, which weights each direction by its variance.
#
# **Before you run the next cell:** 50 axes of the posts. Will the three agree on axis 1? On axis
# 50?

# %% tags=["S-pca-eig"]
from helpers.pca import pca_fit
from helpers.pca_compare import axis_angles, randomised_axes

axes_x = posts.vectors.astype(float)
axes_fit = pca_fit(axes_x, 384)  # the first route
axes_moved = axes_x - axes_x.mean(axis=0)
_, axes_sigma, axes_vt = np.linalg.svd(axes_moved, full_matrices=False)
axes_w = axes_fit.axes[:, :50]
axes_tried = {"SVD": axes_vt[:50].T}
axes_tried |= {f"randomised, {r} rounds": randomised_axes(axes_moved, 50, r) for r in (0, 2, 8, 64)}
axes_tried["randomised, 8 rounds, 100 vectors"] = randomised_axes(axes_moved, 50, 8, extra=50)
axes_kept = {}
print("degrees off the covariance's axes   axis 1  axis 10  axis 50   of the best 50's variance")
for name, w in axes_tried.items():
    off = axis_angles(axes_w, w)
    axes_kept[name] = ((axes_moved @ w) ** 2).sum() / ((axes_moved @ axes_w) ** 2).sum()
    print(f"{name:33s}", *(f"{off[j]:8.1f}" for j in (0, 9, 49)), f"{axes_kept[name]:14.1%}")
    if name in ("SVD", "randomised, 64 rounds"):
        assert off.max() < 0.02
    elif "8" in name:
        assert off[9] < 0.1 and (off[49] < 2 if "100" in name else 10 < off[49] < 60)
assert axes_kept["randomised, 0 rounds"] < 0.9 < 0.97 < axes_kept["randomised, 2 rounds"] < 0.99
axes_step = axes_fit.variances[49] / axes_fit.variances[[50, 60]] - 1
print("variance along axis 50 is {:.0%} more than along 51, {:.0%} more than along 61".format(
    *axes_step))
assert axes_kept["randomised, 8 rounds"] > 0.998
assert 0.017 < axes_step[0] < 0.0249 and 0.146 < axes_step[1] < 0.154

# %% [markdown]
# Covariance and SVD give the same axes up to sign, which is free. Random vectors alone are poor;
# two rounds keep 98% of the best 50 axes' variance. Axis 50 takes many more: its variance is only
# 15% above that of axis 61, the first for which 60 random vectors have no room. (With 100 vectors
# eight rounds do.) Axis 51 varies only 2% less: keep either.
#
# **Which route?** Up to some thousand columns the covariance: for a million rows of 384,
# $nd^2\approx1.5\cdot10^{11}$ products take seconds, $d^3\approx6\cdot10^7$ nothing (times:
# `benchmarks/README.md`). For very many columns and few axes, randomised. SVD when tiny variances
# matter: squaring loses half of the digits.

# %% [markdown]
# ### What if you forget the mean?
#
# The singular values $\sigma_j$ of the *centred* rows give $\lambda_j=\sigma_j^2/n$. (`np.cov` and
# scikit-learn divide by $n-1$.) Without centring you decompose
# $\frac1nX^\top X=C+\boldsymbol\mu\boldsymbol\mu^\top$: the mean counts as one more direction, of
# size $|\boldsymbol\mu|^2$. We switch it: the centred rows plus $t$ times their mean.
#
# **Before you run the next cell:** the posts' mean has length .27 only. Where does the first
# direction point at $t=0$, and at $t=1$?

# %% tags=["F-centre"]
from scipy.sparse.linalg import eigsh
from sklearn.decomposition import PCA

axes_theirs = PCA(5, svd_solver="full").fit(axes_x).explained_variance_
n = len(axes_x)
print(f"sigma^2 / n is lambda: {np.allclose(axes_sigma**2 / n, axes_fit.variances)};  "
      f"scikit-learn's is n / (n - 1) of it: "
      f"{np.allclose(axes_theirs, axes_fit.variances[:5] * n / (n - 1))}")
assert np.allclose(axes_sigma**2 / n, axes_fit.variances, rtol=1e-9)
assert np.allclose(axes_theirs / axes_fit.variances[:5], n / (n - 1), rtol=1e-9)
axes_sets = {"posts": axes_x, "verses": search.document_vectors.astype(float),
             "words": word_vectors}
axes_t = np.linspace(0, 1.5, 61)
axes_follow, axes_tip = {}, {}
for name, x in axes_sets.items():
    mean = x.mean(axis=0)
    covariance, length = (x - mean).T @ (x - mean) / len(x), np.linalg.norm(mean)
    square = np.outer(mean, mean)
    first = [eigsh(covariance + t * t * square, k=1, v0=mean)[1][:, 0] for t in axes_t]
    axes_follow[name] = np.abs(first @ mean) / length
    along = mean @ covariance @ mean / length**2  # the variance in the mean's direction
    axes_tip[name] = math.sqrt(np.linalg.eigvalsh(covariance)[-1] - along) / length
    print(f"{name:7s} length of the mean {length:.2f}; cosine of the first direction with it: "
          f"centred {axes_follow[name][0]:.2f}, as they are {axes_follow[name][40]:.2f}")
    assert axes_follow[name][0] < 0.53 and axes_follow[name][40] > 0.985
assert axes_follow["posts"][0] < 0.16 and axes_follow["verses"][0] < 0.03
assert axes_follow["words"][0] > 0.47

# %% tags=["F-centre"]
fig, ax = plots.figure(width=6.5, height=3.2)
for colour, (name, values) in zip(plots.COLOURS, axes_follow.items(), strict=False):
    ax.plot(axes_t, values, color=colour, label=name)
    ax.plot(axes_tip[name], np.interp(axes_tip[name], axes_t, values), "o", color=colour)
ax.plot([], [], "o", color="grey", label="the mean's direction reaches $\\lambda_1$")
ax.set(xlabel="t, how much of the mean is there", ylabel="|cosine| with the mean")
ax.legend()
plots.show(fig, alt="Cosine of the first uncentred direction with the mean against the share t of "
           "the mean that is there. All three curves rise to nearly 1; a dot on each marks where "
           "the mean's direction reaches the first variance.")
axes_raw = np.linalg.eigh(axes_x.T @ axes_x)[1][:, ::-1]
axes_share = {name: ((axes_moved @ w) ** 2).sum() / (axes_moved**2).sum() for name, w in (
    ("50 axes", axes_w), ("49 axes", axes_w[:, :49]), ("50 uncentred", axes_raw[:, :50]))}
print("variance of the posts along", ", ".join(f"{n}: {s:.1%}" for n, s in axes_share.items()))
assert axes_share["49 axes"] < axes_share["50 uncentred"] < axes_share["50 axes"] - 0.0005

# %% [markdown]
# At $t=0$ the first direction is nearly at a right angle to the mean for posts and verses, at 60°
# for the words. At $t=1$, the rows as they are, it *is* the mean (cosine .99 or more in all three).
# Posts and verses turn about where the mean's direction, with its own variance plus
# $t^2|\boldsymbol\mu|^2$, reaches $\lambda_1$ (dots). On the posts the slip costs less than one
# axis of 50 (variance kept: 51.0% instead of 51.1%). But who reads “axis 1” reads the mean.
#
# **Before you run the next cell:** scikit-learn's `covariance_eigh` takes
# $\boldsymbol\mu\boldsymbol\mu^\top$ off *after* the product. Does it matter, if the posts are
# moved out by 100 in 32 bits?

# %% tags=["F-centre"]
axes_far = (axes_x + 100).astype(np.float32)  # the same cloud, far out, in 32 bits
axes_exact = pca_fit(axes_far.astype(float), 10).axes
axes_peer = PCA(10, svd_solver="covariance_eigh").fit(axes_far).components_.T
for name, w in (("after (scikit-learn)", axes_peer), ("before (ours)", pca_fit(axes_far, 10).axes)):
    off = axis_angles(axes_exact, w).max()
    print(f"{name:21s}the worst of ten axes is off by", "more than 30 degrees" if off > 30 else
          "less than .01 degrees" if off < 0.01 else "some degrees")
    assert off < 0.01 if "ours" in name else off > 30

# %% [markdown]
# It does: far out no digits are left. Subtract the mean *before* you multiply.
#
# **Divide each column by its standard deviation, too?** If units differ (metres, euros), yes, or
# the unit decides: PCA of the correlations. An embedding's coordinates share one unit, and dividing
# changes distances and cosines: leave them.

# %% [markdown] exercise="X-pca"
# ### PCA: fit, transform, and back
#
# Write `pca(train, new, k)`. Fit to `train`: its mean and the k axes of largest variance. Return
# `variances` (along these axes, largest first, divided by n), `codes` (coordinates of `new` along
# them, measured from the mean of `train`) and `rebuilt` (the rows in d dimensions that the codes
# stand for). Signs of axes are free. Compute in 64 bits; leave the inputs as they are.
# Rows may stand far from the origin (10,000,000).

# %% solution="X-pca"
def pca(train, new, k: int):
    """Fit PCA to some rows, apply it to others, and go back.

    Parameters
    ----------
    train : array_like (n, d)
        They vary in at least k directions.
    new : array_like (m, d)
    k : int
        Axes to keep.

    Returns
    -------
    variances : ndarray (k,)
        Of `train` along the axes: eigenvalues of the covariance, the largest first.
    codes : ndarray (m, k)
        Of `new`.
    rebuilt : ndarray (m, d)
        From the codes.
    """
    ### BEGIN SOLUTION
    train, new = np.asarray(train, dtype=float), np.asarray(new, dtype=float)
    mean = train.mean(axis=0)
    moved = train - mean
    variances, axes = np.linalg.eigh(moved.T @ moved / len(train))
    variances, axes = variances[::-1][:k], axes[:, ::-1][:, :k]
    codes = (new - mean) @ axes
    return variances, codes, mean + codes @ axes.T
    ### END SOLUTION


# %% check="X-pca"
check("X-pca", pca)
### BEGIN HIDDEN TESTS
check("X-pca", pca, seed=7701, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `moved = train - mean`, then `np.linalg.eigh(moved.T @ moved / len(train))`: eigenvectors in
# *columns*, the smallest eigenvalue first.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Keep `axes[:, ::-1][:, :k]`. Codes are `(new - mean) @ axes`. Going back undoes this from the
# last step to the first: turn with `axes.T`, then move.
#
# </details>
# <details><summary>Help: codes or “rebuilt” are wrong, the variances right</summary>
#
# Only “rebuilt”: add the mean of `train` again. Both: axes are `eigh`'s columns or `vt`'s rows, in
# the order of the variances.
#
# </details>

# %% [markdown]
# ### How many axes?
#
# The curve of the variances is called a **scree**. Rules that read $k$ off it:
#
# - a share of the total variance: 90, 95 or 99%;
# - the **elbow**, furthest below the straight line from the first to the last variance, in a
#   picture scaled to a square;
# - the **broken stick**: break a stick of length 1 at random into $d$ pieces; keep axes as long as
#   the share of axis $j$ exceeds the mean length of the $j$-th longest piece;
# - **parallel analysis** (Horn 1965): keep what exceeds chance, here the axes of columns shuffled
#   one by one (Buja & Eyuboglu 1992).
#
# **Before you run the next cell:** will the rules agree for the posts? For the words?

# %% tags=["S-scree"]
from helpers.axis_choice import axis_counts

axes_rules = {}
fig, panels = plots.figure(1, 2, width=10, height=3.6)
for ax, (name, x) in zip(panels, (("posts", axes_x), ("words", word_vectors)), strict=True):
    variances = pca_fit(x, x.shape[1]).variances
    rules = axes_rules[name] = axis_counts(x, variances)
    print(f"{name}, of {len(variances)}:", ", ".join(f"{rule} {k}" for rule, k in rules.items()))
    places, tail = np.arange(1, len(variances) + 1), variances[43:].sum() / variances.sum()
    ax.plot(places, variances / variances[0], label="variance / the first", color="black")
    sums = np.cumsum(variances) / variances.sum()
    ax.plot(places, sums, "--", label="share so far", color="grey")
    for i, (rule, k) in enumerate(rules.items()):
        ax.axvline(k, color=plots.COLOURS[i], ls="-" if i < 3 else ":", label=rule)
    ax.set(xlabel="axis", ylabel="share", title=name)
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
plots.show(fig, alt="Screes of posts and words with a line for each rule. The posts' scree falls "
           "fast and then slowly, the words' drops at the end of 43 axes. The rules lie far apart "
           "in both.")
assert 30 <= min(axes_rules["posts"].values()) <= 36
assert axes_rules["words"]["broken stick"] == 0 and axes_rules["words"]["99% of variance"] == 43
assert abs(axes_rules["posts"]["90% of variance"] - 192) <= 1
assert abs(axes_rules["posts"]["99% of variance"] - 308) <= 2 and tail < 0.01
assert 88 <= axes_rules["posts"]["parallel analysis"] <= 98
axes_two = axes_fit.shares[:2].sum()
print(f"the posts' first two axes hold {axes_two:.0%} of the variance")
assert 0.0755 < axes_two < 0.08

# %% [markdown]
# From some 30 to some 310 of 384 for the posts, from 0 to 43 of 50 for the words (their first
# axis holds less than the longest piece): **they do not agree, since they answer different
# questions.** A share asks about error, parallel analysis about chance, and none whether a search
# still finds the right post: part 3 measures that.

# %% [markdown] exercise="X-k"
# ### How many axes for a share of variance?
#
# Write `axes_needed(variances, share)`: the smallest k such that the k largest variances make up at
# least `share` of their total. Variances may come in any order. A sum that is short by at most
# 1e-12 of the total, which is rounding, is enough. Where nothing is asked for (share 0, or no
# variance at all) the answer is 0. Compute in 64 bits.

# %% solution="X-k"
def axes_needed(variances, share: float) -> int:
    """Count the axes that a share of the variance needs.

    Parameters
    ----------
    variances : array_like (d,)
        Along the axes, in any order; one may be below 0 by rounding.
    share : float
        0 to 1.

    Returns
    -------
    int
        0 to d.
    """
    ### BEGIN SOLUTION
    falling = np.sort(np.asarray(variances, dtype=float))[::-1]
    sums = np.append(0.0, np.cumsum(falling))
    return int(np.argmax(sums >= (share - 1e-12) * falling.sum()))
    ### END SOLUTION


# %% check="X-k"
check("X-k", axes_needed)
### BEGIN HIDDEN TESTS
check("X-k", axes_needed, seed=7702, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which cumulative sum is the first that reaches the bound? How can 0 be an answer?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Sort, largest first; `np.cumsum`; put a 0 in front, so that entry k is the sum of k variances.
# `np.argmax` of a table of True and False gives the first True.
#
# </details>

# %% [markdown]
# ### From distances alone
#
# Suppose you are given only the distances between all vectors. **Classical scaling**
# (MDS, Torgerson 1952) squares them into a table $D$, subtracts row means and column means, adds
# the total mean, and multiplies by $-\frac12$. Since
# $D_{ij}=|\mathbf x_i|^2+|\mathbf x_j|^2-2\,\mathbf x_i\cdot\mathbf x_j$, the first two terms go,
# and what stays are the products of the centred rows,
# $(X-\boldsymbol\mu)(X-\boldsymbol\mu)^\top$. Their eigenvectors times the roots of the eigenvalues
# are codes.
#
# **Before you run the next cell:** how do they relate to PCA's codes? And what if you feed
# $1-\cos$ as if it were a distance?

# %% tags=["S-mds"]
from scipy.spatial.distance import cdist


def axes_scaling(distances):
    """Classical scaling: eigenvalues (falling) and coordinates from a table of distances."""
    squares = distances**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    return values[::-1], vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0))


axes_some = axes_x[np.random.default_rng(0).permutation(len(axes_x))[:400]]
values, axes_map = axes_scaling(cdist(axes_some, axes_some))
axes_pca = pca_fit(axes_some, 10)
axes_codes = axes_pca.transform(axes_some)
signs = np.sign((axes_map[:, :10] * axes_codes).sum(axis=0))
gap = np.abs(axes_map[:, :10] * signs - axes_codes).max()
print("400 posts, 10 axes, signs matched: largest difference from PCA's codes < 1e-9:", gap < 1e-9)
print(f"eigenvalue / 400 is PCA's variance: {np.allclose(values[:10] / 400, axes_pca.variances)}")
cosine_values, _ = axes_scaling(1 - axes_some @ axes_some.T)
axes_below = -cosine_values[cosine_values < 0].sum() / np.abs(cosine_values).sum()
print(f"1 - cos taken as a distance: eigenvalues below 0 are {axes_below:.0%} of the sizes of all")
assert gap < 1e-9 and np.allclose(values[:10] / 400, axes_pca.variances, rtol=1e-9)
assert values.min() > -1e-9 and 0.2 < axes_below < 0.25

# %% [markdown]
# The codes are PCA's, up to sign. (Price: an $n\times n$ table.) Taken as a distance, $1-\cos$
# leaves eigenvalues below 0: it is no Euclidean distance, and no map shows it exactly. On unit
# vectors $\sqrt{2-2\cos}$ is one (lesson 06, part 1).

# %% [markdown]
# ### What is promised
#
# **As it is usually told:** “After truncation two close documents may be far apart.” Split a
# difference into the part along the $k$ axes and the rest, at right angles:
#
# $$|\mathbf x-\mathbf y|^2=|W^\top(\mathbf x-\mathbf y)|^2+|\text{dropped}|^2.$$
#
# **Before you run the next cells:** a post on an overdose and one on barbecued food are 1.26 apart.
# Two posts of one thread, one quoting the other, have cosine .67 (from the mean). What may become
# of both along 10 axes?

# %% tags=["F-non-expansive"]
from helpers.plots.pca import cut_distances

axes_pairs = np.random.default_rng(1).integers(0, len(axes_x), (20_000, 2))
axes_pairs[0], axes_pairs[1] = (4047, 5106), (3484, 4677)  # medicine and barbecue; one thread
axes_pairs = axes_pairs[axes_pairs[:, 0] != axes_pairs[:, 1]]
left, right = (axes_fit.transform(axes_x[rows]) for rows in axes_pairs.T)
axes_cut = {k: np.linalg.norm((left - right)[:, :k], axis=1)
            for k in (2, 5, 10, 20, 50, 100, 200, 384)}
axes_groups = {"two posts": range(2, 600), "overdose, barbecue": [0], "one thread": [1]}
live, static = cut_distances(
    axes_cut[384][:600], {k: row[:600] for k, row in axes_cut.items()}, axes_groups,
    [" / ".join(posts.names[posts.labels[i]] for i in pair) for pair in axes_pairs[:600]],
    shown=(2, 10, 100))
plots.show_interactive(live, static, alt="Distance of pairs of posts along k axes against the full "
                       "distance. All points lie below the diagonal, far below for k = 2 and close "
                       "to it for k = 100. The pair overdose, barbecue is nearly at 0 at k = 10.")

# %% tags=["F-non-expansive"]
def axes_cosines(k):
    """Cosines of the pairs along the first k axes."""
    a, b = left[:, :k], right[:, :k]
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


whole = axes_cosines(384)
print(" k    distances grown   cosines up, down   overdose, barbecue    one thread")
for k in (10, 50, 384):
    cosines, grown = axes_cosines(k), (axes_cut[k] > axes_cut[384] + 1e-9).sum()
    up, down = (cosines > whole + 1e-9).mean(), (cosines < whole - 1e-9).mean()
    print(f"{k:3d} {grown:10d} of {len(left):,} {up:9.0%} {down:7.0%}", *(
        f"    d {axes_cut[k][i]:.2f}, cos {cosines[i]:5.2f}" for i in (0, 1)))
    assert grown == 0 and (k == 384 or 0.4 < up < 0.6)
axes_lengths = [np.linalg.norm(side[1, :k]) for k in (10, 384) for side in (left, right)]
print("lengths of the thread's two posts: {:.2f} and {:.2f} along 10 axes, "
      "{:.2f} and {:.2f} along all".format(*axes_lengths))
assert axes_cut[10][0] < 0.1 < 1.2 < axes_cut[384][0] and axes_cosines(10)[0] > 0.95
assert whole[1] > 0.6 and axes_cosines(10)[1] < -0.3 and axes_cut[10][1] < 0.4 * axes_cut[384][1]
assert max(axes_lengths[:2]) < 0.25 and min(axes_lengths[2:]) > 0.95

# %% [markdown]
# (Move the slider; 600 of the pairs are drawn.) **No distance ever grows**, in 20,000 pairs or any.
# What goes wrong is the opposite: posts far apart move together. Overdose and barbecue, both from
# the medical group, fall from 1.26 to .05. On a picture of two axes (8%
# of the variance) what stands apart is apart, but what lies together need not be near.
#
# For the *cosine* nothing is promised: about half go up and half go down. The thread's two posts
# come closer (.82 to .29) while their cosine turns from .67 to −.41: along ten axes both are short
# (.11 and .22, of 1.01), and what is left disagrees. So the told sentence is false for distances,
# and can be true for cosines.

# %% [markdown]
# ### When the corpus grows
#
# Counts, means and scatter matrices ($n$ times $C$) of two batches add up exactly; the two means
# add
# $\frac{n_1n_2}{n_1+n_2}(\boldsymbol\mu_1-\boldsymbol\mu_2)(\boldsymbol\mu_1-\boldsymbol\mu_2)^\top$
# (Chan et al. 1983). scikit-learn's `IncrementalPCA` keeps only the $k$ axes so far, for dimensions
# where a table of $d\times d$ does not fit; what it drops is lost.
#
# **Before you run the next cell:** the groups arrive one after the other. After ten of 20, how much
# of *all* posts' variance do the 50 axes hold?

# %% tags=["S-incremental"]
from sklearn.decomposition import IncrementalPCA

from helpers.pca import merge_moments, moments, pca_from_moments

axes_known, axes_growing = None, IncrementalPCA(50)
axes_held = {}
for group in range(20):
    batch = axes_x[posts.labels == group]
    axes_known = moments(batch) if group == 0 else merge_moments(axes_known, moments(batch))
    axes_growing.partial_fit(batch)
    if group == 9:
        axes_held["merged, ten groups"] = pca_from_moments(axes_known, 50).axes
axes_held |= {"merged, all groups": pca_from_moments(axes_known, 50).axes,
              "IncrementalPCA, all groups": axes_growing.components_.T, "one fit": axes_w}
axes_part = {}
for name, w in axes_held.items():
    axes_part[name] = ((axes_moved @ w) ** 2).sum() / (axes_moved**2).sum()
    off = axis_angles(axes_w, w)
    print(f"{name:27s} {axes_part[name]:.1%} of the variance; axes 1, 2, 5, 50 off by",
          ", ".join(f"{off[j]:.0f}" for j in (0, 1, 4, 49)), "degrees")
assert axis_angles(axes_w, axes_held["merged, all groups"]).max() < 0.01
assert 25 < axis_angles(axes_w, axes_held["merged, ten groups"])[0] < 29
assert axes_part["merged, ten groups"] < 0.47 < 0.495 < axes_part["IncrementalPCA, all groups"]
assert axes_part["IncrementalPCA, all groups"] < axes_part["one fit"] - 0.005

# %% [markdown]
# Merging *is* one fit. Axes of ten groups hold 45.9% of the variance instead of 51.1%, and
# `IncrementalPCA` 50.0%: near, not equal. The new groups turn even the first axis (27° here; it
# depends on which come first).
#
# **Before you run the next cells:** you refit, and encode new queries along the new axes. The old
# documents' codes stay in the index. How much *recall@10* is left (the share of the ten nearest by
# full vectors that the codes find)? More, if both fits saw halves of the *same* posts?

# %% tags=["S-incremental"]
from helpers.exact_search import top_k
from helpers.hnsw_measures import recall


def axes_mixed(old, new, docs, queries):
    """Encode documents and queries by two fits: name of the mixture -> (documents, queries)."""
    codes, fresh, asked = old.transform(docs), new.transform(docs), new.transform(queries)
    match = np.sign((old.axes * new.axes).sum(axis=0))
    flips = {j: np.where(np.arange(asked.shape[1]) == j - 1, -1.0, 1.0) for j in (1, 50)}
    return {"old codes, old queries": (codes, old.transform(queries)),
            "new codes, new queries": (fresh, asked),
            "old codes, new queries": (codes, asked),
            "the same, signs matched": (codes, asked * match),
            "old codes translated": (new.transform(old.inverse(codes)), asked),
            "new codes, sign of axis 1 flipped": (fresh, asked * flips[1]),
            "new codes, sign of axis 50 flipped": (fresh, asked * flips[50])}


axes_order = np.random.default_rng(0).permutation(len(axes_x))
axes_queries, axes_docs = axes_x[axes_order[:500]], axes_x[np.sort(axes_order[500:])]
axes_ten = axes_docs[posts.labels[np.sort(axes_order[500:])] < 10]
axes_fits = {"ten groups, then all": (axes_ten, axes_docs),
             "one half, then the other": (axes_docs[::2], axes_docs[1::2])}

# %% tags=["S-incremental"]
axes_truth = top_k(axes_queries, axes_docs, 10, metric="euclidean").ids
axes_found = {}
for name, rows in axes_fits.items():
    old, new = (pca_fit(x, 50) for x in rows)
    print(f"recall@10: {name}")
    for case, (codes, asked) in axes_mixed(old, new, axes_docs, axes_queries).items():
        ids = top_k(asked, codes, 10, metric="euclidean").ids
        axes_found[name, case] = recall(ids, axes_truth)
        print(f"   {axes_found[name, case]:.2f}  {case}")
    assert axes_found[name, "old codes, new queries"] < 0.03
    assert axes_found[name, "the same, signs matched"] < 0.1
    assert axes_found[name, "old codes translated"] > 0.42
    assert axes_found[name, "new codes, new queries"] > 0.5
axes_flip = [axes_found["ten groups, then all", f"new codes, sign of axis {j} flipped"]
             for j in (1, 50)]
assert 0.28 < axes_flip[0] < 0.34 and axes_flip[1] > 0.48
assert 0.45 < axes_found["ten groups, then all", "old codes, old queries"] < 0.49

# %% [markdown]
# Codes of two fits **do not mix**: recall falls from about .5 to .01 or less, even when both fits
# saw halves of the same posts. Signs are free, and the first axis's flipped alone costs .21 (the
# fiftieth's .02); but matching the signs does not repair it, since the axes have turned too.
#
# Either encode everything again, from full vectors, or translate: `old.inverse` builds vectors from
# the old codes, `new.transform` encodes them (.45 and .49). A stale fit used on *both* sides harms
# far less: .47 instead of .52. So mean and axes get a version number, one an index.

# %% [markdown]
# **Back to the interviewer.** One pass for count, mean and scatter; batches merge. $k$ by the
# search, not by a rule. Promised:
# distances never grow, and no other $k$ axes keep more variance. Not promised: that far stays far,
# that a cosine keeps its sign, or that codes of two fits can be compared.

# %% [markdown]
# ## 2. Text, and what an axis carries
#
# > **An interviewer asks:** “You show me the first two components of your documents. What do they
# > mean, and what do you not see in them?”
#
# An old embedding of documents is a matrix of word weights (TF-IDF: counts, here damped, times a
# weight that is large for rare words), cut down to its strongest axes: **latent semantic analysis**
# (LSA; Deerwester et al. 1990). Here an axis can be read, because its entries belong to words.

# %% tags=["S-lsa"]
from sklearn.feature_extraction.text import TfidfVectorizer

text_tfidf = TfidfVectorizer(min_df=10, sublinear_tf=True, stop_words="english")
text_rows = text_tfidf.fit_transform(posts.texts)
text_terms = text_tfidf.get_feature_names_out()
text_bytes = sum(part.nbytes for part in (text_rows.data, text_rows.indices, text_rows.indptr))
text_share = text_rows.nnz / np.prod(text_rows.shape)
print(f"{text_rows.shape[0]:,} posts x {text_rows.shape[1]:,} words, {text_share:.1%} not zero")
print(f"stored sparse {text_bytes / 1e6:.0f} MB, dense {np.prod(text_rows.shape) * 8 / 1e6:.0f} MB")
assert text_share < 0.01 and np.prod(text_rows.shape) * 8 > 50 * text_bytes

# %% [markdown]
# The rows have length 1 already. LSA takes their singular value decomposition, $X\approx USV^\top$
# (columns of $U$ and $V$ of length 1, $S$ diagonal), and keeps the $k$ axes with the largest values
# in $S$: $W$ is the first $k$ columns of $V$, and the posts' coordinates are $XW$. The mean is
# *not* subtracted: $X-\boldsymbol\mu$ has hardly a zero left and would need the memory of the dense
# table.
#
# **Before you run the next cell:** what does the first axis show if nobody subtracts the mean?

# %% tags=["S-lsa"]
from sklearn.decomposition import PCA, TruncatedSVD

from helpers.lsa import lsa_fit
from helpers.plots.axis_reading import axis_reading, end_words

text_lsa = lsa_fit(text_rows, k=50)
text_mean = np.asarray(text_rows.mean(axis=0)).ravel()
peer = TruncatedSVD(50, algorithm="arpack", random_state=0).fit(text_rows).components_
text_peer = np.abs(np.sum(text_lsa.axes.T * peer, axis=1))
print(f"cosine with scikit-learn's axes, the smallest of 50: {text_peer.min():.4f}")
text_first = abs(text_lsa.axes[:, 0] @ text_mean) / np.linalg.norm(text_mean)
print(f"cosine of axis 1 and the mean: {text_first:.2f}")
for j in range(5):
    print(f"axis {j + 1}:", "  <->  ".join(end_words(text_lsa.axes, text_terms, j)))
assert text_peer.min() > 0.9999 and text_first > 0.98 and text_lsa.axes[:, 0].min() > -1e-6

# %% [markdown]
# The axes equal scikit-learn's up to sign. Axis 1 is nearly the mean: its entries have one sign,
# and its words are those of any post. Topics begin with axis 2. Does it hurt? Scikit-learn's `PCA`
# centres a sparse matrix without storing the result, so we can compare the two.

# %% tags=["S-lsa"]
from helpers.lsa_growth import neighbour_agreement

text_centred = PCA(50, svd_solver="arpack", random_state=0).fit(text_rows)
text_tested = np.arange(6_000) % 5 == 0
text_spaces = {"TF-IDF, all words": text_rows, "LSA, 50 axes": text_lsa.fold_in(text_rows),
               "centred, 50 axes": text_centred.transform(text_rows), "MiniLM": posts.vectors}
text_found = {name: neighbour_agreement(rows, posts.labels, text_tested)
              for name, rows in text_spaces.items()}
for name, share in text_found.items():
    print(f"{name:18s} nearest post is of the same group: {share:.2f}")
assert abs(text_found["LSA, 50 axes"] - text_found["centred, 50 axes"]) < 0.03
assert text_found["TF-IDF, all words"] > text_found["LSA, 50 axes"] + 0.03
assert abs(text_found["TF-IDF, all words"] - text_found["MiniLM"]) < 0.03

# %% [markdown]
# Centring changes little here. LSA does *not* beat the full table by this measure, and that table
# equals MiniLM. Now take pairs of posts of more than 25 different words that share **no word** of
# the table: their cosine is 0 there, and 2 in 100 are of one group (of any two posts, 5).
# **Predict:** how many of those with an LSA cosine above .5, in 50 axes and in 20?

# %% tags=["S-lsa"]
from helpers.anisotropy import unit_rows

text_long = np.flatnonzero(np.diff(text_rows.indptr) > 25)
text_cosine = np.triu((text_rows[text_long] @ text_rows[text_long].T).toarray(), 1)
text_none = np.triu(text_cosine == 0, 1)
text_along = text_lsa.fold_in(text_rows[text_long])
same = posts.labels[text_long][:, None] == posts.labels[text_long]
print(f"{text_none.sum():,} pairs without a common word, {same[text_none].mean():.0%} of one group")
for k in (20, 50):
    unit = unit_rows(text_along[:, :k])
    text_near = text_none & (unit @ unit.T > 0.5)
    print(f"{k} axes: {text_near.sum() / text_none.sum():.1%} have a cosine above .5, "
          f"{same[text_near].mean():.0%} of those are of one group")
    assert (same[text_near].mean() < 0.2) if k == 20 else (0.45 < same[text_near].mean() < 0.7)
print("two of the pairs found with 50 axes:")
for a, b in ((353, 427), (1941, 3613)):
    print(f"  {posts.names[posts.labels[a]]}: {posts.texts[a][:52]} | {posts.texts[b][:52]}")
assert same[text_none].mean() < 0.04

# %% [markdown]
# With 50 axes few pairs pass, and more than half are right: LSA carries the similarity over *other*
# posts, in which words of the one stand beside words of the other. With 20 axes it lends too much.

# %% tags=["S-lsa"]
text_few = np.concatenate([np.flatnonzero(posts.labels == g)[:10] for g in range(20)])
live, static = axis_reading(
    text_lsa.fold_in(text_rows[text_few])[:, :8], text_lsa.axes[:, :8], text_terms,
    posts.labels[text_few], posts.names, [posts.texts[i] for i in text_few], shown=(2, 3))
plots.show_interactive(live, static, alt="Posts of 20 groups along single LSA axes. On axis 3 "
                       "sport lies right and religion left; on axis 4 religion lies right and "
                       "posts on encryption left; most other groups are near 0.")

# %% [markdown]
# Move the slider, hover over dots. Each axis sets one or two topics against others. One axis is no
# topic: religion stands at an end of axes 2, 3 and 4, each time against something else (computers,
# sport, encryption).

# %% [markdown] exercise="X-fold"
# ### Fold documents into an LSA space
#
# `train` and `new` hold counts of words. Weigh the counts as they are, column by column, with
# $1+\ln(n/\mathrm{df})$ (above we damped and smoothed): $n$ is the number of documents in `train`,
# df the number of those that hold the word. A word that no document of `train` holds gets the
# weight 0. Divide each weighted row, of `train` and of `new`, by its Euclidean length (a row of
# zeros stays). Return the coordinates of `new` along the first k right singular vectors (columns of
# $V$) of the weighted `train`, without centring and without scaling. Signs of axes are free. Inputs
# stay unchanged; k is at most the rank of `train`, and no two singular values are equal where it
# matters.

# %% solution="X-fold"
def fold_in(train: np.ndarray, new: np.ndarray, k: int) -> np.ndarray:
    """Give new documents coordinates in the LSA space of training documents.

    Parameters
    ----------
    train : array_like (n, d)
        Counts of d words in n documents; a document may be empty.
    new : array_like (m, d)
        Counts of the same words in m new documents.
    k : int
        Number of axes.

    Returns
    -------
    ndarray (m, k)
    """
    ### BEGIN SOLUTION
    train, new = np.asarray(train, dtype=float), np.asarray(new, dtype=float)
    held = (train > 0).sum(axis=0)
    weights = np.where(held > 0, 1 + np.log(len(train) / np.maximum(held, 1)), 0)

    def weighted(rows):
        rows = rows * weights
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths > 0, lengths, 1)

    axes = np.linalg.svd(weighted(train), full_matrices=False)[2][:k].T
    return weighted(new) @ axes
    ### END SOLUTION


# %% check="X-fold"
check("X-fold", fold_in)
### BEGIN HIDDEN TESTS
check("X-fold", fold_in, seed=7711, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write the weighting once, as a function of rows that uses the weights from `train`. Apply it to
# both. Guard the division where df is 0 and where a length is 0.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.linalg.svd(rows, full_matrices=False)` returns `u, s, vt`. The axes are the *rows* of `vt`,
# the strongest first; the weighted rows of `new` are multiplied by them.
#
# </details>
# <details><summary>Help: only cases with unknown words fail</summary>
#
# Give such a word the weight 0 *before* you measure the length of the row.
#
# </details>

# %% [markdown]
# ### Can LSA be updated?
#
# **As it is usually told:** “LSA is static: a new document means a new decomposition.” We fit on
# nine groups (computers, cars, sport) and let the posts of eleven others arrive, 300 at a time:
# mixed, or one group after the other (words and weights stay fixed). *Folding in* keeps the axes.
# An *update* (Zha & Simon 1999; Brand 2006) finds what the axes miss of the new rows, takes the SVD
# of one small matrix, and cuts back to $k$; it turns the stored coordinates without reading an old
# post. A refit reads all.
#
# **Before you run the next cell:** order the three ways for posts of new groups. Does the order of
# arrival matter?

# %% tags=["F-lsa-update"]
from helpers.lsa_growth import grow

text_start = [g for g, name in enumerate(posts.names) if name.startswith(("comp", "rec"))]
text_others = [g for g in range(20) if g not in text_start]
text_old = np.flatnonzero(np.isin(posts.labels, text_start))
text_new = np.flatnonzero(~np.isin(posts.labels, text_start))
growth = {order: grow(text_rows, posts.labels, text_old, batches, 50, fits=fits)
          for order, batches, fits in (
              ("mixed", np.array_split(text_new, 11), (1, 3, 6)),
              ("by group", [np.flatnonzero(posts.labels == g) for g in text_others], ()))}
print("all have arrived; the nearest post is of the same group:")
text_ends = {}
for order, seen in growth.items():
    for groups, curves in (("new", seen.new), ("old", seen.old)):
        ends = text_ends[order, groups] = {way: curve[-1] for way, curve in curves.items()}
        print(f"{order:8s} {groups} groups:", ", ".join(f"{w} {x:.2f}" for w, x in ends.items()))
    ends = text_ends[order, "new"]
    ends["again"] = neighbour_agreement(seen.updated.fold_in(text_rows), posts.labels,
                                        text_tested & ~np.isin(posts.labels, text_start))
    print(f"{order:8s} new groups, all posts projected again on updated axes {ends['again']:.2f}")
    assert ends["folded in"] < 0.5 and 0 < ends["fitted again"] - ends["again"] + 0.02 < 0.1
mixed, grouped = (text_ends[order, "new"] for order in growth)
assert mixed["folded in"] + 0.1 < mixed["updated"] < mixed["fitted again"] - 0.1
assert mixed["updated"] + 0.08 < mixed["again"] and grouped["updated"] > grouped["again"] + 0.03

# %% tags=["F-lsa-update"]
fig, ax = plots.figure(width=7.5, height=3.3)
for (way, curve), marker in zip(growth["mixed"].new.items(), "osD", strict=True):
    kept = ~np.isnan(curve)
    ax.plot(growth["mixed"].sizes[kept], curve[kept], marker=marker,
            label=way + (" (four times)" if way == "fitted again" else ""))
ax.set(xlabel="new posts that have arrived, mixed (2,700 old ones)", ylim=(0, 1),
       ylabel="share with nearest\nof the same group", title="Posts of new groups")
ax.legend(loc="lower right")
plots.show(fig, alt="Share of posts of new groups whose nearest post is of their group, against "
           "the number of new posts. Fitted again is highest, updated between, folded in lowest.")

# %% [markdown]
# Both exist, so the claim is wrong; but neither replaces the refit for ever. Folded in, new topics
# must be told by words of cars and computers (.40). The update makes room for them, but stored
# coordinates keep the history of their batch. Mixed batches it harms (.60), a batch of one group it
# flatters (.83, above the refit). Project all posts again on the updated axes, which reads them
# all, and both end near the refit (.73 and .77). So fold in at once, update axes with batches, and
# project or fit again from time to time.

# %% [markdown]
# ### What do the first components carry?
#
# **As it is usually told:** “the first components are frequency and length, so remove them.” We
# correlate axes of GloVe's words with the logarithm of their rank (the list is sorted by
# frequency); of posts as **sum** or **mean** of their words' vectors with the number of words and
# with *rarity*, their words' mean log rank; of MiniLM's posts with length and with being a *hub*,
# often among the ten nearest of others (lesson 05). **Predict** for each row of the table: is the
# correlation of axis 1 above .5?

# %% tags=["S-top-pcs"]
from helpers.frequency import top_rows
from helpers.whitening import principal_axes

text_row = {word: i for i, word in enumerate(glove_words[:20_000])}
text_ids = [[text_row[word] for word in text.split() if word in text_row] for text in posts.texts]
text_sums = np.array([word_vectors[ids].sum(axis=0) for ids in text_ids])
text_words = np.array([len(ids) for ids in text_ids])
text_means = text_sums / text_words[:, None]
text_rank = np.log(np.arange(1, 50_001))
text_rarity = np.array([text_rank[ids].mean() for ids in text_ids])
text_hits = top_rows(posts.vectors, posts.vectors, 10, own=np.arange(6_000))
text_hub = np.log1p(np.bincount(text_hits.ravel(), minlength=6_000))

# %% tags=["S-top-pcs"]
text_carried = {}
for name, rows, value in (
    ("20,000 words, log rank", word_vectors, text_rank[:20_000]),
    ("50,000 words, log rank", np.array(glove_vectors[:50_000], dtype=float), text_rank),
    ("sum of words, length", text_sums, text_words),
    ("mean of words, length", text_means, text_words),
    ("mean of words, rarity", text_means, text_rarity),
    ("MiniLM, log length", posts.vectors, np.log(text_words)),
    ("MiniLM, hub", posts.vectors, text_hub),
):
    axes = principal_axes(rows)
    along = (rows - axes.mean) @ axes.directions[:, :50]
    r = text_carried[name] = np.array([abs(np.corrcoef(x, value)[0, 1]) for x in along.T])
    print(f"{name:22s} axis 1 {r[0]:.2f}, strongest axis {r.argmax() + 1} ({r.max():.2f})")
text_two = axes.variances[:2].sum() / axes.variances.sum()
print(f"MiniLM's first two axes hold {text_two:.0%} of the posts' variance")
first = [r[0] for r in text_carried.values()]
assert text_carried["20,000 words, log rank"].argmax() == 5 and first[0] < 0.4 and text_two < 0.1
assert text_carried["50,000 words, log rank"].argmax() == 0 and first[1] > 0.53
assert first[2] > 0.95 and first[3] < 0.2 and 0.7 < first[4] < 0.9
assert first[5] < 0.45 and first[6] < 0.15

# %% [markdown]
# True of sums, where axis 1 *is* length. Divide by the count and that is gone; in means, axis 1
# follows how rare the words are. In GloVe it depends on the list: of 20,000 words frequency is
# strongest on axis 6, of 50,000 on axis 1. MiniLM's axis 1 follows length a little (it reads 64
# tokens of a post), hubs hardly. So measure before you remove anything.

# %% [markdown]
# ### A label in the small axes
#
# PCA never sees a label. First by hand: two flat clouds, one above the other, told apart by the
# axis of *smallest* variance. Then take 10,000 verses, axes fitted to three quarters, and labels:
# does the verse hold a quotation, exclamation or question mark, a semicolon? A linear probe (least
# squares; each axis brought to variance 1 first, so that small ones are at no disadvantage) reads
# the first $k$ axes or the last $k$. Its AUC on the other verses is the share of pairs, one verse
# with the label and one without, that it orders rightly (.5 is chance). MiniLM's last three axes
# have no variance, which leaves 381.
#
# **Before you run the next cells:** who wins, the first or the last 150, for each of the marks?

# %% tags=["S-low-variance"]
from helpers.low_rank import probe_auc

rng = np.random.default_rng(0)
text_side = rng.random(2_000) < 0.5
text_discs = np.column_stack([rng.normal(size=(2_000, 2)) * [3, 2],
                              0.1 * rng.normal(size=2_000) + 0.5 * text_side])
axes = principal_axes(text_discs[:1_000])
along = (text_discs - axes.mean) @ axes.directions
made = [probe_auc(along[:1_000, part], text_side[:1_000], along[1_000:, part], text_side[1_000:])
        for part in (slice(0, 2), slice(2, 3))]
print(f"made: first two axes {made[0]:.1f}, last axis {made[1]:.1f}, with "
      f"{axes.variances[2] / axes.variances.sum():.1%} of the variance")
assert abs(made[0] - 0.5) < 0.05 and made[1] > 0.99

# %% tags=["S-low-variance"]
text_fit = np.arange(10_000) % 4 != 3
axes = principal_axes(search.document_vectors[text_fit])
along = ((search.document_vectors - axes.mean) @ axes.directions)[:, :381]
assert axes.variances[381:].max() < 1e-12 < axes.variances[380]
text_marks = {name: np.array([any(mark in text for mark in marks) for text in search.documents])
              for name, marks in (("quotation mark", "“\""), ("exclamation mark", "!"),
                                  ("question mark", "?"), ("semicolon", ";"))}
text_small = axes.variances[381 - 150:].sum() / axes.variances.sum()
print(f"the last 150 axes hold {text_small:.0%} of the variance")
text_auc = {}
for name, has in text_marks.items():
    first, last = (probe_auc(along[text_fit, part], has[text_fit],
                             along[~text_fit, part], has[~text_fit])
                   for part in (slice(0, 150), slice(-150, None)))
    text_auc[name] = first, last
    print(f"{name:16s} in {has.mean():3.0%} of the verses, AUC: first 150 axes {first:.2f}, "
          f"last 150 {last:.2f}")
assert text_small < 0.06
assert all((first > last + 0.05) == (name != "exclamation mark")
           for name, (first, last) in text_auc.items())

# %% tags=["S-low-variance"]
text_counts = (10, 25, 50, 100, 150, 190)
fig, panels = plots.figure(1, 2, width=9, height=3.3, sharey=True)
for ax, name in zip(panels, ("quotation mark", "exclamation mark"), strict=True):
    has = text_marks[name]
    for end, marker in (("first", "o"), ("last", "s")):
        parts = [slice(0, k) if end == "first" else slice(-k, None) for k in text_counts]
        curve = [probe_auc(along[text_fit, part], has[text_fit],
                           along[~text_fit, part], has[~text_fit]) for part in parts]
        ax.plot(text_counts, curve, marker=marker, label=f"{end} k axes")
    ax.set(xlabel="k axes", title=name, ylim=(0.45, 1))
panels[0].set_ylabel("AUC on unseen verses")
panels[1].legend(loc="lower right")
plots.show(fig, alt="AUC against the number of axes. For the quotation mark the first axes are far "
           "ahead. For the exclamation mark the last axes overtake the first at 50 to 100.")

# %% [markdown]
# Three marks are read from the large axes. For the exclamation mark alone the last 150 axes, with
# 4% of the variance, beat the first 150. Luck? Let each quarter be the unseen one in turn, and add
# 150 axes drawn at random.

# %% tags=["S-low-variance"]
has, text_three = text_marks["exclamation mark"], []
drawn = np.random.default_rng(0).permutation(381)[:150]
for quarter in range(4):
    fit = np.arange(10_000) % 4 != quarter
    axes = principal_axes(search.document_vectors[fit])
    along = ((search.document_vectors - axes.mean) @ axes.directions)[:, :381]
    text_three.append([probe_auc(along[fit][:, part], has[fit], along[~fit][:, part], has[~fit])
                       for part in (slice(0, 150), slice(-150, None), drawn)])
for name, scores in zip(("first", "last", "drawn"), np.transpose(text_three), strict=True):
    print(f"{name:5s} 150 axes: AUC", ", ".join(f"{score:.2f}" for score in scores))
assert all(first + 0.02 < last for first, last, _ in text_three)
assert all(first + 0.01 < drawn for first, _, drawn in text_three)

# %% [markdown]
# Four times out of four; even axes drawn at random beat the first 150. This label is spread over
# all axes, least over the large ones. (A search hardly sees the last: they hold 4% of the squared
# distances.) A share of variance cannot tell you which label survives a cut; a probe can.

# %% [markdown]
# ### An autoencoder instead?
#
# A **linear autoencoder** codes $\mathbf z=A(\mathbf x-\boldsymbol\mu)$ and rebuilds
# $B\mathbf z+\boldsymbol\mu$, with the smallest squared error. At its optimum the columns of $B$
# span PCA's subspace (Baldi & Hornik 1989). A nonlinear one may bend. 8 × 8 digits, codes of 8
# numbers; error on unseen digits, as a share of the variance. **Predict:** are the columns of $B$
# PCA's axes? And what will bending save?

# %% tags=["S-autoencoder-linear"]
from helpers.autoencoders import train_autoencoder

digits = data.digits()
text_ink, text_unseen = (x.reshape(len(x), -1) / 255 for x in (digits.train, digits.test))
axes = principal_axes(text_ink)
span = axes.directions[:, :8]
linear = train_autoencoder(text_ink, 8, steps=1500)
columns = linear.decoder.weight.detach().numpy().astype(float)
gap = np.linalg.svd(span.T @ np.linalg.qr(columns)[0])[1].min()
text_tilt = float(np.degrees(np.arccos(min(gap, 1))))
text_best = np.abs(span.T @ (columns / np.linalg.norm(columns, axis=0))).max(axis=0)
print(f"largest angle between the linear one's subspace and PCA's: {text_tilt:.0f} degrees")
print(f"its columns' best cosine with an axis of PCA, median: {np.median(text_best):.1f}")
assert text_tilt < 0.4 and np.median(text_best) < 0.85

# %% tags=["S-autoencoder-linear"]
bent = [train_autoencoder(text_ink, 8, hidden=64, seed=seed, steps=500) for seed in (0, 1)]
codes = [model.encode(text_ink) for model in bent]
text_match = np.abs(np.corrcoef(codes[0].T, codes[1].T)[:8, 8:]).max(axis=1)
spread = np.sum((text_unseen - axes.mean) ** 2)
rebuilt = {"PCA": (text_unseen - axes.mean) @ span @ span.T + axes.mean,
           "linear": linear.rebuild(text_unseen), "nonlinear": bent[0].rebuild(text_unseen)}
text_lost = {name: np.sum((text_unseen - x) ** 2) / spread for name, x in rebuilt.items()}
print("lost:", ", ".join(f"{name} {share:.2f}" for name, share in text_lost.items()))
print(f"nonlinear, two seeds: best correlation of a code, median {np.median(text_match):.1f}")
assert abs(text_lost["linear"] - text_lost["PCA"]) < 0.01 and np.median(text_match) < 0.9
assert 0.5 < text_lost["nonlinear"] / text_lost["PCA"] < 0.7

# %% [markdown]
# The linear one finds the subspace and nothing more: any basis of it has the same error, so the
# columns come in no order, and you cannot cut the code to four numbers. Bending saves two fifths of
# the loss at equal size. It costs training and settings; here, too, another seed gives another
# code, and no number comes first.

# %% [markdown]
# ### Is word2vec a nonlinear PCA?
#
# **As it is usually told**, yes: “there is a sigmoid in it.” But the score is $v_w\cdot u_c$, and a
# table of such scores has at most rank $r$, the length of the vectors, exactly like a truncated
# SVD: the sigmoid sits in the *loss*. Its best table is PMI − log(negatives) (lesson 01, part 4).
# What differs if $r$ is too small? We take 80 frequent words of the posts and $r=5$: the SVD of
# that table, which weighs every cell alike; SGNS fitted exactly; and squares **weighted** by the
# curvature of SGNS's loss at its best table.
#
# **Before you run the next cells:** on which cells does SGNS err less than the SVD?

# %% tags=["F-linear"]
from sklearn.feature_extraction.text import CountVectorizer

counter = CountVectorizer(stop_words="english", binary=True, max_features=80)
table = counter.fit_transform(posts.texts)
joint = (table.T @ table).toarray().astype(float)
np.fill_diagonal(joint, 0)
joint /= joint.sum()
joint = 0.95 * joint + 0.05 * np.outer(joint.sum(axis=1), joint.sum(axis=1))  # no empty cell
noise, negatives = joint.sum(axis=1), 5
best = np.log(joint / np.outer(noise, noise)) - np.log(negatives)
curvature = (joint + negatives * np.outer(noise, noise)) / (2 + np.exp(best) + np.exp(-best))

# %% tags=["F-linear"]
from helpers import pmi
from helpers.low_rank import weighted_low_rank

v, u = pmi.fit_sgns_exactly(joint, noise, negatives, dim=5)
text_tables = {"SVD": weighted_low_rank(best, np.ones_like(best), 5, steps=1), "SGNS": v @ u.T,
               "weighted": weighted_low_rank(best, curvature / curvature.mean(), 5)}
often, text_error = joint > np.quantile(joint, 0.9), {}
for name, x in text_tables.items():
    errors = [float(np.sqrt(np.mean((x - best)[cells] ** 2))) for cells in (often, ~often)]
    text_error[name] = errors
    print(f"{name:8s} rank {np.linalg.matrix_rank(x, tol=1e-6)}, error on frequent pairs "
          f"{errors[0]:.2f}, on the others {errors[1]:.2f}")
weights = curvature / curvature.sum()
text_apart = {name: float(np.sqrt(np.sum(weights * (text_tables[name] - text_tables["SGNS"]) ** 2)))
              for name in ("SVD", "weighted")}
print("distance to SGNS's table:", ", ".join(f"{k} {x:.2f}" for k, x in text_apart.items()))
assert text_error["SGNS"][0] < 0.6 * text_error["SVD"][0]
assert text_error["SGNS"][1] > text_error["SVD"][1] + 0.005
assert text_error["weighted"][0] < 0.8 * text_error["SGNS"][0]
assert text_apart["weighted"] < 0.75 * text_apart["SVD"]

# %% [markdown]
# All three have rank 5. On frequent pairs SGNS errs half as much as the SVD, and for that a little
# more on the others. Weighting alone takes the table nearly half of the way to SGNS's (on frequent
# pairs even too far); what is left is the shape of the loss. So word2vec is a factorisation with a
# *bilinear* score, as in PCA, under another loss and other weights.
#
# **To the interviewer:** “An axis is where the data vary, not what they mean. I read its ends,
# correlate it with length and frequency, and probe for my labels before I cut. Here two axes hold
# 8% of the variance: what stands apart on the picture is apart, what lies together may not be
# together.”

# %% [markdown]
# ## 3. What compression costs
#
# > **An interviewer asks:** “The index no longer fits. Somebody wants to cut our 384 numbers to 64
# > with PCA. What shall we lose, how would you find out, and what would you do about it?”
#
# Two yardsticks. *Recall@10*: which share of the ten neighbours by full vectors is among the ten
# found? And for verses, whose answers are known: is the right verse *first*? Mean and axes are
# always fitted to the documents alone; queries go through the same map.

# %% [markdown]
# ### Nothing cut, and yet changed
#
# scikit-learn's `transform` subtracts the mean, then turns and cuts. What comes out may be compared
# by distance, by cosine, by dot product; or one may turn and cut *without* subtracting the mean,
# and take the cosine.
#
# **Before you run the next cells:** keep all 384 axes. Which of the four still find the same ten
# neighbours?

# %% tags=["S-compress"]
from helpers.anisotropy import unit_rows
from helpers.compression import cut_rows, multiplications, proposals, random_axes, recall_grid
from helpers.hnsw_measures import build_hnsw, recall, search_hnsw
from helpers.quantisation import best_rows, rescored
from helpers.whitening import principal_axes

cut_posts, cut_asks = np.split(posts.vectors.astype(float), [5_500])  # documents, queries
cut_verses, cut_kjv = search.document_vectors.astype(float), search.query_vectors.astype(float)
cut_fit, cut_verse_fit = principal_axes(cut_posts), principal_axes(cut_verses)
cut_truth = best_rows(cut_asks @ cut_posts.T, 10)
cut_verse_truth = best_rows(cut_kjv @ cut_verses.T, 10)


# %% tags=["S-compress"]
def cut_four_ways(documents, queries, fit, k):
    """Ten best rows for each query, by four uses of the same k axes."""
    axes = fit.directions[:, :k]
    moved, asked = (documents - fit.mean) @ axes, (queries - fit.mean) @ axes
    scores = {"distance": 2 * asked @ moved.T - (moved**2).sum(axis=1),
              "mean kept, cosine": cut_rows(queries, axes) @ cut_rows(documents, axes).T,
              "centred, cosine": unit_rows(asked) @ unit_rows(moved).T,
              "centred, dot product": asked @ moved.T}
    return {name: best_rows(table, 10) for name, table in scores.items()}


# %% tags=["S-compress"]
cut_ways = {}
print(f"{'':29s}recall@10: posts  verses   right verse first")
for k in (384, 64):
    by_posts = cut_four_ways(cut_posts, cut_asks, cut_fit, k)
    by_verses = cut_four_ways(cut_verses, cut_kjv, cut_verse_fit, k)
    for name, rows in by_verses.items():
        right = rows[:, 0] == search.answers
        cut_ways[k, name] = (recall(by_posts[name], cut_truth), recall(rows, cut_verse_truth),
                             right.mean())
        print("k = {:3d}, {:22s}{:12.2f}{:8.2f}{:14.2f}".format(k, name, *cut_ways[k, name]))
assert all(min(cut_ways[384, name][:2]) > 0.995 for name in ("distance", "mean kept, cosine"))
assert 0.7 < cut_ways[384, "centred, cosine"][1] < 0.78
assert cut_ways[384, "centred, dot product"][1] < 0.65
assert all(cut_ways[384, name][2] > 0.955 for name in by_verses)
assert cut_ways[64, "distance"][0] + 0.04 < cut_ways[64, "mean kept, cosine"][0] < 0.69

# %% [markdown]
# Distances do not mind a shift, and the cosine of turned vectors is the old one. But angles are
# seen from the origin: centring moves it, and a quarter of the verses' neighbours change though
# nothing is cut. That is a *change*, not a loss: the right verse is first no less often (.98 and
# .99 against .96). So say which you want. To keep the encoder's ranking, as an index that replaces
# another should, turn without the mean, cut, and normalise again: that keeps most neighbours at 64
# (.67 and .60). **From here on “cut” means this.** Distances lose .07 more, since cut rows differ in
# length. By the right verse it is not ahead (.93; centred cosine .95): for better answers, centring
# is worth a test.

# %% [markdown]
# ### Recall against k, and a second look
#
# The alternatives to PCA: keep the *first* $k$ coordinates as they come, or $k$
# *random* orthonormal axes (lesson 05). And lesson 06's remedy: let cut vectors propose $c$
# candidates, and rescore these in full.
#
# **Before you run the next cell:** 64 axes hold 58% of the posts' variance. Which recall do you
# expect, and how many candidates repair it?

# %% tags=["S-compress"]
from helpers.plots.compression import cut_slider

cut_sizes, cut_looks = (8, 16, 32, 64, 128, 256, 384), (10, 20, 50, 100, 200)
cut_turns = {"PCA": cut_fit.directions, "random axes": random_axes(384), "first k": np.eye(384)}
cut_grids = {name: recall_grid(cut_posts, cut_asks, turn, cut_sizes, cut_looks)
             for name, turn in cut_turns.items()}
live, static = cut_slider(cut_grids, cut_sizes, cut_looks, n=5_500, shown=(10, 50, 200))
plots.show_interactive(live, static, alt="Recall@10 of 500 posts among 5,500 against the numbers "
                       "kept, with 10, 50 and 200 candidates: PCA lies above random axes and the "
                       "first k coordinates, which agree; more candidates lift all curves.")
cut_share, cut_verse_share = (fit.variances[:64].sum() / fit.variances.sum()
                              for fit in (cut_fit, cut_verse_fit))
print(f"variance in 64 axes: posts {cut_share:.0%}, verses {cut_verse_share:.0%}")
print("64 axes of posts, recall@10 by candidates", ", ".join(
    f"{c}: {cut_grids['PCA'][3, i]:.2f}" for i, c in enumerate(cut_looks[:3])))
print("random axes {:.2f}, first 64 {:.2f}".format(
    cut_grids["random axes"][3, 0], cut_grids["first k"][3, 0]))
assert 0.57 < cut_share < 0.59 and 0.62 < cut_verse_share < 0.64
assert 0.65 < cut_grids["PCA"][3, 0] < 0.69
assert 0.94 < cut_grids["PCA"][3, 2] < 0.975 < cut_grids["PCA"][3, 3] < 0.992
assert (cut_grids["PCA"][:5, 0] > cut_grids["random axes"][:5, 0] + 0.05).all()
assert np.abs(cut_grids["first k"] - cut_grids["random axes"]).max() < 0.06
assert (np.diff(cut_grids["PCA"], axis=1) > -0.002).all()

# %% [markdown]
# Each curve is one way to cut; move the slider, and hover for bytes and work. The cut itself keeps
# .67, which its share of variance did not tell: the verses' 64 axes hold more, 63%, and keep less,
# .60. PCA gains .2 over random axes, and MiniLM's own coordinates are no better than random ones:
# their order means nothing. (In a **Matryoshka** model, lesson 03, it does: it is trained so that
# the first $k$ serve.) With 50 candidates 64 numbers give .96: most of what the cut lost lay not
# far down its list.

# %% [markdown]
# ### Against product codes
#
# **Before you run the next cell:** 48 bytes a vector: 12 numbers of PCA in FP32, 48 in INT8, 96 of
# 4 bits, 192 of 2 bits, or product codes (PQ, lesson 06). Which finds most?

# %% tags=["S-compress"]
from helpers.compression import search_codes, search_rounded

cut_half, cut_rest = cut_posts[::2], cut_posts[1::2]
cut_rest_truth = best_rows(cut_asks @ cut_rest.T, 10)
in_fp32 = recall(proposals(cut_posts, cut_asks, cut_fit.directions[:, :12], 10), cut_truth)
in_bits = {k: recall(search_rounded(cut_posts, cut_posts, cut_asks, k, 384 // k), cut_truth)
           for k in (48, 96, 192)}
in_codes = recall(search_codes(cut_posts, cut_posts, cut_asks, 48), cut_truth)
on_rest = (recall(search_rounded(cut_half, cut_rest, cut_asks, 96, 4), cut_rest_truth),
           recall(search_codes(cut_half, cut_rest, cut_asks, 48), cut_rest_truth))
print(f"48 bytes, recall@10: PCA, 12 numbers in FP32 {in_fp32:.2f}; PQ {in_codes:.2f}")
print("PCA,", "; ".join(f"{k} of {384 // k} bits {share:.2f}" for k, share in in_bits.items()))
print("fitted to one half, searching the other: PCA, 96 of 4 bits {:.2f}; PQ {:.2f}".format(
    *on_rest))
assert in_fp32 < 0.26 and 0.56 < in_bits[48] < 0.62 and in_bits[192] < 0.62
assert 0.71 < in_bits[96] < in_codes - 0.01 < 0.77 and abs(on_rest[0] - on_rest[1]) < 0.03

# %% [markdown]
# PQ finds about .75, far more than 12 numbers in FP32 (.23). But 96 numbers of 4 bits come close
# (.73): spend bits on more numbers before you spend them on digits, though not down to 2 bits. And
# PQ's codebook was fitted to these very documents; on documents it has not seen the two tie (.72
# or so). With PCA vectors stay vectors, for any index, and comparisons are cheaper.
# (Both combine: OPQ rotates before PQ. Not tried here.)

# %% [markdown]
# ### Then a graph
#
# **Before you run the next cell:** an HNSW graph (lesson 06) on 64 numbers: does it visit fewer
# vectors than on 384? Can it reach the same recall?

# %% tags=["S-compress"]
cut_graph = {}
print("         ef  vectors visited  recall  its candidates rescored  multiplications")
for k, efs in ((384, (20, 40)), (64, (20, 90))):
    axes = np.eye(384) if k == 384 else cut_fit.directions[:, :k]
    graph, asked = build_hnsw(cut_rows(cut_posts, axes)), cut_rows(cut_asks, axes)
    for ef in efs:
        found = search_hnsw(graph, asked, k=ef, ef=ef)
        again = rescored(cut_asks, cut_posts, found.ids, 10) if k < 384 else found.ids
        visits = round(found.distances, -1)
        work = multiplications(visits, 384, k, ef if k < 384 else 0)
        cut_graph[k, ef] = (visits, recall(found.ids[:, :10], cut_truth),
                            recall(again[:, :10], cut_truth), work)
        print("k = {:3d} {:4d}{:17.0f}{:8.2f}{:25.2f}{:17,.0f}".format(
            k, ef, visits, *cut_graph[k, ef][1:3], round(work, -3)))
assert 0.85 < cut_graph[64, 20][0] / cut_graph[384, 20][0] < 1
assert abs(cut_graph[64, 90][2] - cut_graph[384, 40][2]) < 0.02
assert 0.5 < cut_graph[64, 90][3] / cut_graph[384, 40][3] < 0.67
assert cut_graph[64, 90][0] > 1.3 * cut_graph[384, 40][0]

# %% [markdown]
# At the same `ef` it visits nearly as many (280 for 300), but each visit is six times cheaper. For
# the full graph's .98 it has to visit *more* (710 for 460) and rescore 90 candidates, all that for
# three fifths of the multiplications. These are not time: each query fetches 90 full vectors, and
# from disk that may cost more than it saves.

# %% [markdown]
# ### A trap: whiten first
#
# **As it is usually told:** “whiten the vectors, then do PCA: so all axes count alike.” After
# whitening (lesson 05) the covariance is the identity, and each direction is an eigenvector.
#
# **Before you run the next cell:** which recall do 64 axes then keep? And in the other order,
# first cut, then whiten?

# %% tags=["F-whiten-then-pca"]
cut_white = {}
cut_spaces = {"posts": (cut_posts, cut_asks, cut_fit, cut_truth),
              "verses": (cut_verses, cut_kjv, cut_verse_fit, cut_verse_truth)}
for name, (documents, queries, fit, truth) in cut_spaces.items():
    top, zca = fit.directions[:, :64], fit.whitening("zca")
    after = top / np.sqrt(fit.variances[:64])
    again = principal_axes(zca(documents))
    alive = fit.variances > 1e-10 * fit.variances[0]
    assert np.allclose(again.variances[: alive.sum()], 1, atol=1e-6)
    found = {"cut": proposals(documents, queries, top, 10),
             "cut, then whiten": best_rows(unit_rows((queries - fit.mean) @ after)
                                           @ unit_rows((documents - fit.mean) @ after).T, 10),
             "whiten, then eigh": proposals(zca(documents), zca(queries),
                                            again.directions[:, :64], 10)}
    for way, rows in found.items():
        cut_white[name, way] = recall(rows, truth), (rows[:, 0] == search.answers).mean()

# %% tags=["F-whiten-then-pca"]
for name, (documents, queries, fit, truth) in cut_spaces.items():
    zca = fit.whitening("zca")
    drawn = [proposals(zca(documents), zca(queries), random_axes(384, seed)[:, :64], 10)
             for seed in range(3)]
    centred = cut_ways[64, "centred, cosine"]
    cut_white[name, "centre and cut"] = centred[name == "verses"], centred[2]
    cut_white[name, "whiten, random axes"] = (
        np.mean([recall(rows, truth) for rows in drawn]),
        np.mean([rows[:, 0] == search.answers for rows in drawn]))
print("64 axes                posts: recall   verses: recall   right verse first")
for way in ("cut", "centre and cut", "cut, then whiten", "whiten, then eigh",
            "whiten, random axes"):
    row = cut_white["posts", way][0], *cut_white["verses", way]
    cells = [f"{share:.2f}" for share in row]
    if "eigh" in way:  # rounding errors choose these axes: their digits differ between machines
        assert row[0] < 0.25 and row[1] < 0.25 and row[2] < 0.92
        cells = ["below .25", "below .25", "below .92"]
    print(f"{way:22s}{cells[0]:>11s}{cells[1]:>17s}{cells[2]:>17s}")
for name in ("posts", "verses"):
    lot = cut_white[name, "whiten, random axes"][0]
    assert cut_white[name, "whiten, then eigh"][0] < lot + 0.03 and 0.17 < lot < 0.26
    assert cut_white[name, "cut, then whiten"][0] < cut_white[name, "cut"][0] - 0.03
assert cut_white["verses", "cut"][1] + 0.006 < cut_white["verses", "centre and cut"][1] < 0.955
assert cut_white["verses", "cut, then whiten"][1] > 0.955 > cut_white["verses", "cut"][1] + 0.015

# %% [markdown]
# Whitening made all eigenvalues 1 (but for a few directions without any variance), so the order of
# the axes is left to rounding errors: what `eigh` returns keeps as little as axes drawn by lot (.23
# and .19, means of three draws), which are PCA axes of the whitened vectors with the same right.
# (Its own digits differ between machines, so only bounds are printed.) The other order, **cut, then
# whiten**, costs far less (.60), and found the right verse more often here (.96 against .93); half
# of this gain is the centring that comes with it (.95). So: first cut, then, if a test says so,
# whiten.

# %% [markdown]
# ### Whose axes?
#
# **Before you run the next cells:** search the posts by axes of the *verses*; or by axes of 100
# posts; or leave one newsgroup out of the fit (its posts are searched all the same; with 32 axes, a
# harder cut). Who loses, and how much?

# %% tags=["S-compress", "Q18"]
cut_by = {"5,500 posts": cut_fit, "5,000 verses": principal_axes(cut_verses[::2]),
          "100 posts": principal_axes(cut_posts[:100]),
          "2,000 posts": principal_axes(cut_posts[:2_000])}
cut_by = {name: recall(proposals(cut_posts, cut_asks, fit.directions[:, :64], 10), cut_truth)
          for name, fit in cut_by.items()}
print("posts, 64 axes fitted to:", ", ".join(f"{n}: {share:.2f}" for n, share in cut_by.items()))
assert 0.46 < cut_by["5,000 verses"] < 0.53 and 0.5 < cut_by["100 posts"] < 0.58
assert cut_by["5,500 posts"] - 0.03 < cut_by["2,000 posts"] < cut_by["5,500 posts"]

# %% tags=["S-compress", "Q18"]
from helpers.compression import recall_by_group

cut_group, cut_ask_group = posts.labels[:5_500], posts.labels[5_500:]


def cut_by_group(fit):
    """Recall@10 with 32 axes of the fit, for each group's queries."""
    rows = proposals(cut_posts, cut_asks, fit.directions[:, :32], 10)
    return recall_by_group(rows, cut_truth, cut_ask_group)


cut_with = cut_by_group(cut_fit)
cut_change = np.array([cut_by_group(principal_axes(cut_posts[cut_group != g])) - cut_with
                       for g in range(20)])  # row: the group left out
own, asks = cut_change.diagonal(), np.bincount(cut_ask_group)
others = (cut_change @ asks - own * asks) / (500 - asks)
kin = np.unravel_index(np.where(np.eye(20), 1, cut_change).argmin(), (20, 20))
print(f"32 axes, mean of 20 groups: {cut_with.mean():.2f} with the group in the fit,",
      f"{(cut_with + own).mean():.2f} without")
worst = own.argmin()
print(f"worst, {posts.names[worst]}: {cut_with[worst]:.2f}, {cut_with[worst] + own[worst]:.2f};",
      f"a group has {asks.min()} to {asks.max()} queries")
print("all other groups' queries together change by", f"{np.abs(others).max():.2f} at most;")
print("most of all {1}, when {0} is left out: {2:.2f}".format(
    *(posts.names[g] for g in kin), cut_change[kin]))
assert (own < 0).all() and np.abs(others).max() < 0.01 and cut_change[kin] < -0.05
assert all("hardware" in posts.names[g] for g in kin) and 15 <= asks.min() < asks.max() <= 33
assert posts.names[worst] == "sci.med" and own.min() < -0.1 and -0.11 < own.mean() < -0.05

# %% [markdown]
# The verses' axes keep .50 of what matters among posts, little more than random ones (.44); 100
# posts give about .55, and 2,000 all but suffice. Each of the twenty groups loses when it was not
# in the fit, medicine most. (So few queries make single numbers rough; that all twenty lose is no
# accident.) All other queries together hardly change, so an average hides it, though kindred
# groups may feel it: PC hardware misses Mac hardware. Measure *by group*, and refit when new
# kinds of text arrive; then all codes must be made again from full vectors (part 1).

# %% [markdown]
# ### Q18
#
# > **An interviewer asks:** “When does PCA hurt retrieval, and what helps?”
#
# First two tools: the curve that such a decision needs, and the second look.

# %% [markdown] exercise="Q18-recall"
# ### Recall against k
#
# For each $k$ in `sizes`, in the order given, return recall among the `top` nearest by cosine.
#
# 1. Fit the axes to the *documents as they come* (centred for the fit), largest variance first.
# 2. The truth: each query's `top` best documents by the cosine of the full vectors.
# 3. For each $k$: turn documents and queries by the first $k$ axes *without* subtracting the mean,
#    normalise, and take each query's `top` best documents.
# 4. Recall: the share of true neighbours found, over all queries.
#
# Rows may be of any length; a zero document has cosine 0 with every query, and no two scores are
# equal where it matters. If there are fewer documents than `top`, all of them are the truth. Sizes
# are 2 or more (on one axis each cosine is 1 or -1), at most $d$ and $n-1$. Compute in 64 bits
# (32-bit rows may have a mean near 4000). Lists are accepted; inputs stay as they are.

# %% solution="Q18-recall"
def recall_curve(
    documents: np.ndarray, queries: np.ndarray, sizes: list[int], top: int
) -> np.ndarray:
    """Share of the true neighbours that a search of cut vectors finds, for each size.

    Parameters
    ----------
    documents : array_like (n, d)
    queries : array_like (q, d)
    sizes : list of int
        Numbers of axes kept.
    top : int
        Neighbours of a query, at least 1.

    Returns
    -------
    ndarray (len(sizes),)
    """
    ### BEGIN SOLUTION
    documents, queries = np.asarray(documents, dtype=float), np.asarray(queries, dtype=float)
    moved = documents - documents.mean(axis=0)
    axes = np.linalg.eigh(moved.T @ moved)[1][:, ::-1]

    def unit(rows):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths == 0, 1, lengths)

    def best(turn):
        scores = unit(queries @ turn) @ unit(documents @ turn).T
        return np.argsort(-scores, axis=1)[:, :top]

    truth = best(np.eye(len(axes)))
    found = [best(axes[:, :k]) for k in sizes]
    return np.array([(rows[:, :, None] == truth[:, None]).any(axis=2).mean() for rows in found])
    ### END SOLUTION


# %% check="Q18-recall"
check("Q18-recall", recall_curve)
### BEGIN HIDDEN TESTS
check("Q18-recall", recall_curve, seed=7561, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One inner function `best(turn)` serves both: with `turn = axes[:, :k]` it searches cut vectors,
# with `np.eye(d)` it gives the truth. `eigh` sorts upwards and has the axes in its columns.
#
# </details>
# <details><summary>Hint 2</summary>
#
# With `found` and `truth` (q, top): `(found[:, :, None] == truth[:, None]).any(axis=2).mean()`.
#
# </details>
# <details><summary>Help: all is right but “fewer documents than wanted”</summary>
#
# `[:, :top]` then has only $n$ columns. Divide by the true neighbours there are, `truth.size`.
#
# </details>

# %% [markdown] exercise="Q18-rerank"
# ### Cut, propose, rescore
#
# Given `axes` (their lengths are 1), turn and cut documents and queries, normalise, and let each
# query propose its `candidates` best documents. Score these by the cosine of the *full* vectors and
# return the `top` best rows, best first, and one number: how many multiplications the dot products
# of one query cost, with the documents cut and normalised beforehand: $dk$ for turning the query,
# $k$ for each document, $d$ for each candidate. `candidates` is at least `top` and may exceed $n$;
# then all $n$ are candidates. Zero rows and 64 bits as before; no two scores are equal where it
# matters. Lists are accepted; inputs stay as they are.

# %% solution="Q18-rerank"
def cut_and_rescore(
    documents: np.ndarray, queries: np.ndarray, axes: np.ndarray, candidates: int, top: int
) -> tuple[np.ndarray, int]:
    """Search cut vectors, then order the candidates by full vectors.

    Parameters
    ----------
    documents : array_like (n, d)
    queries : array_like (q, d)
    axes : array_like (d, k)
        In the columns.
    candidates, top : int
        How many the cut search proposes, and how many are returned (at most n).

    Returns
    -------
    rows : ndarray (q, top) of int
    multiplications : int
        Of one query.
    """
    ### BEGIN SOLUTION
    documents, queries, axes = (np.asarray(a, dtype=float) for a in (documents, queries, axes))

    def unit(rows):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths == 0, 1, lengths)

    rough = unit(queries @ axes) @ unit(documents @ axes).T
    proposed = np.argsort(-rough, axis=1)[:, :candidates]
    exact = np.take_along_axis(unit(queries) @ unit(documents).T, proposed, axis=1)
    rows = np.take_along_axis(proposed, np.argsort(-exact, axis=1)[:, :top], axis=1)
    (n, d), k = documents.shape, axes.shape[1]
    return rows, d * k + n * k + proposed.shape[1] * d
    ### END SOLUTION


# %% check="Q18-rerank"
check("Q18-rerank", cut_and_rescore)
### BEGIN HIDDEN TESTS
check("Q18-rerank", cut_and_rescore, seed=7562, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `proposed = np.argsort(-rough, axis=1)[:, :candidates]`: with fewer documents it is just shorter.
#
# </details>
# <details><summary>Hint 2</summary>
#
# For this size you may compute all full cosines and *read* the proposed ones:
# `np.take_along_axis(full, proposed, axis=1)`. Sort these, and use `take_along_axis` once more on
# `proposed`. The count is still that of an index that scores candidates only.
#
# </details>

# %% [markdown] exercise="Q18-conclusions"
# ### When does PCA hurt retrieval?
#
# Which statements follow from what this part measured? Put their letters into a set.
#
# - **A** Centring can change the nearest neighbours by cosine though no axis is dropped.
# - **B** The share of variance that is kept tells how much of the search is kept.
# - **C** With 64 of 384 numbers, 50 candidates and their full vectors brought back more than nine
#   in ten of the posts' neighbours.
# - **D** A graph on cut vectors is cheaper because it visits far fewer vectors.
# - **E** Axes fitted to texts of another kind, or without a group of texts, lose neighbours that
#   the index's own axes would keep.
# - **F** Whitening before PCA makes the cut fair to all directions, so it keeps more.
# - **G** In 48 bytes, 12 numbers of PCA in FP32 find more than product codes.

# %% solution="Q18-conclusions"
chosen_q18 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q18 = {"A", "C", "E"}
### END SOLUTION

# %% check="Q18-conclusions"
check("Q18-conclusions", chosen_q18)
### BEGIN HIDDEN TESTS
check("Q18-conclusions", chosen_q18, seed=7563, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# ### In your own words
#
# “When does PCA hurt retrieval, and what helps?” Answer in 100 to 200 words.
#
# One point for each of: (1) how you measure the harm, and why share of variance does not do; (2)
# what it is that hurts, at least three causes measured here; (3) at least three things that help;
# (4) what has to stay the same between documents and queries, and over time.

# %% [markdown] written="Q18-written" points=4
# I measure recall@10 against full vectors over $k$, and answers that are known, both by group of
# texts. Share of variance is another quantity: 58% of it went with .67 of the neighbours, 63% with
# .60, and what tells two documents apart may vary little.
#
# It hurts when $k$ is too small; it can when what tells texts apart varies little (part 2); when
# the axes come from other data (.50 instead of .67) or lack a rare group; when vectors are whitened
# first, so that no axis is better than another (.2); when cut vectors are centred or left at
# unequal lengths without anybody having decided so.
#
# What helps: a $k$ chosen by recall; a second look, 50 candidates with full vectors gave .96 with
# 64 numbers; a fit to the documents that are searched; normalising after the cut; a model trained
# to be cut (Matryoshka). If bytes count: fewer bits a number, or product codes, before fewer numbers.
#
# Mean, axes and $k$ are part of the index: one map for documents and queries, with a version. After
# a refit all codes are made again.

# %% [markdown]
# ## What to take with you
#
# - PCA is a rotation about the mean, then a cut. The eigenvectors of the covariance, the singular
#   value decomposition of the centred rows and, up to small gaps between variances, a randomised
#   one give the same axes, each up to its sign; classical scaling gives the same codes from
#   distances alone.
# - It keeps variance, which is not meaning: a first axis may carry frequency or length, and may be
#   the worst place to read a label.
# - A projection cannot move two vectors further apart. It can bring strangers together, and that is
#   what a search pays for.
# - Choose $k$ by the search that you run, not by a share of variance, and rescore the candidates
#   with full vectors.
# - First cut, then whiten; never whiten first.
# - Mean and axes belong to the index: fit them once, keep them with it, and give them a version.
#
# Save the notebook and type `course check` in a terminal: it shows your points by exercise and
# what to do next. For the model answer to a written question type `course answer Q18-written`: it
# comes a part at a time. (All are in the solution notebook, in `solutions/07_pca/`.)

# %% [markdown]
# ## Your points
#
# Run this cell for your points so far: the checks above have kept count, and `course check`
# confirms it with other inputs.

# %% tags=["progress"]
from helpers.my_progress import show_progress

show_progress("07_pca")
