# %% [markdown]
# # Lesson 05: Geometry of embedding spaces
#
# Four lessons have given you vectors. This one asks what kind of space they live in: do they fill
# it or all point one way, why are some vectors long, why are some points everybody's neighbour,
# and what do 768 dimensions do to distances? Popular notes answer with laws that nobody measured.
# You will measure them on four real spaces, and on made-up ones in which you can switch each cause
# on and off.
#
# Each part starts with its own question, so you may stop anywhere. Reckon with seven to eight
# hours of your own time, a part an evening or two.
#
# | part | question | exercises |
# |---|---|---|
# | 1. How round is a space? | is it bad if all cosines are high, and how do you tell? | X-effrank |
# | 2. Norms, frequency, whitening | what does the length of a vector mean, and which repair works? | X-whiten, Q16 |
# | 3. Hubs | why is one point among the neighbours of so many others? | X-kocc, X-csls, Q15 |
# | 4. High dimensions | does similarity lose its meaning in 768 dimensions? | (predictions) |

# %% [markdown]
# ## How to work through it
#
# As in the lessons before: you are asked to predict before a measurement, so write your guess
# down. Statements marked **as it is usually told** come from common notes and may be wrong; the
# cell that follows decides. The code after an exercise never uses your function, so you can skip
# one and return to it. In an answer use only NumPy, `math` and functions of your own.
#
# You should know cosines and eigenvectors of a covariance matrix; lesson 01 gave the word vectors,
# lesson 03 the sentence encoders. Letters: $n$ points, $d$ dimensions, $k$ neighbours,
# $\boldsymbol\mu$ a mean, $\Sigma$ a covariance matrix with eigenvalues
# $\lambda_1\ge\lambda_2\ge\dots$. The first run fetches the models (about 170 MB) into a cache;
# later runs need no network.

# %% tags=["setup"]
import math

import numpy as np

from helpers import data, plots
from helpers.checks import check

# %% [markdown]
# ### Four real spaces
#
# - **own SGNS**: the word vectors of lesson 01, trained here once more on the course's corpus, with
#   two seeds (the second training waits for part 3);
# - **GloVe**: pretrained vectors of the 20,000 most frequent words;
# - **the tagger**: 1,000 Bible verses through a DistilBERT that was tuned to mark corrections word
#   by word and *never* for similarity; a verse is the mean of its tokens;
# - **MiniLM**: the same verses through an encoder that was tuned on a billion pairs of texts.
#
# The same verses in the King James Version will serve as queries. Encoding takes most of the
# minute.
# %% tags=["S-isotropy"]
from helpers.spaces import glove_space, own_spaces, sentence_spaces, short_verses

own, own_again = own_spaces()
glove = glove_space(20_000)
verses = short_verses(1000)
layers = sentence_spaces([verse["web"] for verse in verses])
kjv_layers = sentence_spaces([verse["kjv"] for verse in verses])  # queries for parts 2 and 3
spaces = {"own SGNS": own.vectors, "GloVe": glove.vectors,
          "tagger": layers["tagger"][-1], "MiniLM": layers["MiniLM"][-1]}
for name, vectors in spaces.items():
    print(f"{name:9s} {vectors.shape[0]:6,} points in {vectors.shape[1]} dimensions")
print("\nrarest word:", own.texts[-1], "| a verse:", verses[500]["web"])
assert len(spaces["own SGNS"]) > 12_000 and layers["tagger"].shape == (7, 1000, 768)

# %% [markdown]
# ## 1. How round is a space?
#
# > **An interviewer asks:** “Your sentence vectors all have a cosine of about .8 with each other.
# > Is that a problem? And what would you measure to find out?”
#
# A cloud of vectors is **isotropic** (round) when no direction is special. Lesson 03 measured how
# far two encoders are from that by one number, the mean cosine, and found that the quality does
# not simply follow it. This part asks what that number sees, what it cannot see, and what the
# other numbers in the literature add.

# %% [markdown]
# ### What the mean cosine measures
#
# Let $\mathbf u_1,\dots,\mathbf u_n$ be the vectors scaled to length 1 and $\bar{\mathbf u}$ their
# mean. Multiply out the squared length of the mean:
#
# $$\lVert\bar{\mathbf u}\rVert^2=\frac1{n^2}\sum_{a,b}\mathbf u_a^\top\mathbf u_b
# =\frac1n+\frac{n-1}n\,(\text{mean cosine of different rows}).$$
#
# So, for large $n$, **the mean cosine is the squared length of the mean unit vector**, and nothing
# else. A mean cosine of .8 says: the vectors share a common part, and it makes up 80% of their
# squared length.
#
# **Before you run the next cell:** guess the mean cosine of our four spaces, and what centring
# (subtracting the mean vector) makes of it. Is it the same for the 1,000 most frequent words as for
# all?

# %% tags=["S-isotropy"]
from helpers.anisotropy import centred, mean_cosine, unit_rows

iso_mean = {}
print("mean cosine    all   1st 1,000   centred   |mean unit vector|^2")
for name, vectors in spaces.items():
    iso_mean[name] = [mean_cosine(x) for x in (vectors, vectors[:1000], centred(vectors))]
    common = np.square(unit_rows(vectors).mean(axis=0)).sum()
    row = "{:12s} {:5.3f}     {:5.3f}    {:+.3f}     ".format(name, *iso_mean[name])
    print(row, f"{common:.3f}")
    assert abs(iso_mean[name][0] - common) < 0.002 and abs(iso_mean[name][2]) < 0.01
assert iso_mean["tagger"][0] > 0.9 and max(iso_mean["MiniLM"][0], iso_mean["GloVe"][0]) < 0.25
assert iso_mean["own SGNS"][0] > 0.3 > 0.25 > iso_mean["own SGNS"][1]
assert iso_mean["GloVe"][1] > 0.4

# %% [markdown]
# From about .1 to .93, and about 0 after centring, in all four. (No law: centring makes the mean of
# the *vectors* 0, and the mean cosine asks for that of the *unit* vectors. A few far outliers can
# keep the two apart.) But with the sample everything changes: the 1,000 most frequent words have
# .15 in SGNS, where all words have .39, and .50 in GloVe, where all have .12. (Part 2 looks into
# that.) **A mean cosine without its sample is no figure.**

# %% [markdown]
# **As it is usually told:** “A mean cosine near 0 means that the space is isotropic.” We put it to
# clouds whose defect we know, 2,000 points in 50 dimensions each:
#
# - **sphere**: even directions; nothing is wrong with it;
# - **off-centre**: a round Gaussian, moved away from the origin by twice its radius;
# - **plus/minus e1**: half of the points at $\mathbf e_1=(1,0,\dots,0)$, the others at
#   $-\mathbf e_1$;
# - **3 strong axes**: a Gaussian, five times as wide along three axes;
# - **10 clusters**: small clusters around ten directions;
# - **2d clusters**: small clusters around all 50 $\mathbf e_j$ and all 50 $-\mathbf e_j$.
#
# **Before you run the next cell:** for which of them is the mean cosine *not* about 0?

# %% tags=["F-mean-cosine"]
from helpers.isotropy import made_up_spaces

iso_made = made_up_spaces(n=2000, d=50)
for name, vectors in iso_made.items():
    print(f"{name:14s} mean cosine {mean_cosine(vectors):+.3f}, "
          f"centred {mean_cosine(centred(vectors)):+.3f}, "
          f"dimensions in which anything varies: {np.linalg.matrix_rank(centred(vectors)):2d}")
    far = 0.8 if name == "off-centre" else 0
    assert abs(mean_cosine(vectors) - far) < 0.02 and abs(mean_cosine(centred(vectors))) < 0.01
assert np.linalg.matrix_rank(centred(iso_made["plus/minus e1"])) == 1

# %% [markdown]
# Only for *off-centre*, which is perfectly round about its own centre; there centring repairs
# everything. The cloud on a single line gets 0.000, like the sphere. **A mean cosine near 0 says
# that the mean of the unit vectors is near 0, not that the space is round.** Next, what is left
# around the mean.

# %% [markdown]
# ### The spread of the cosines
#
# Let $\mathbf u,\mathbf v$ be two independent unit vectors from a cloud, and $M=E[\mathbf u\mathbf
# u^\top]$, whose eigenvalues $m_1,\dots,m_d$ add up to 1 (the squared length). Then
#
# $$E[\cos^2]=E[\mathbf u^\top\mathbf v\,\mathbf v^\top\mathbf u]=\operatorname{tr}(M^2)=
# \sum_{i=1}^d m_i^2 .$$
#
# For random directions all $m_i$ are $1/d$ and the mean is 0, so **Var[cos] = $1/d$**: a standard
# deviation of .0361 at $d=768$. Turned round, with a mean of 0, **1/Var** reads off how many
# equally strong dimensions would give such a spread (the *participation ratio* of $M$).
#
# **Before you run the next cell:** the tagger has 768 dimensions and a mean cosine of .93. Is the
# spread of its cosines wider or narrower than .0361?

# %% tags=["F-var-cos"]
from helpers.isotropy import cosine_moments

iso_random = np.random.default_rng(0).normal(size=(1000, 768))
for d in (10, 100, 768):
    sd = cosine_moments(iso_random[:, :d])[1]
    print(f"random directions, d = {d:3d}: sd {sd:.4f}, 1/sqrt(d) {d**-0.5:.4f}")
    assert abs(sd * d**0.5 - 1) < 0.02
iso_sd = {}
for name, vectors in spaces.items():
    d, raw, after = vectors.shape[1], *(cosine_moments(x)[1] for x in (vectors, centred(vectors)))
    iso_sd[name] = raw, after
    print(f"{name:9s} 1/sqrt(d) {d**-0.5:.4f}   sd {raw:.4f} -> 1/Var {raw**-2:6.0f}   "
          f"centred {after:.4f} -> 1/Var {after**-2:3.0f} of {d}")
assert iso_sd["tagger"][0] < 0.022 and 35 < iso_sd["tagger"][1] ** -2 < 55
assert 12 < iso_sd["own SGNS"][1] ** -2 < 20 and 28 < iso_sd["GloVe"][1] ** -2 < 38
assert 70 < iso_sd["MiniLM"][1] ** -2 < 100

# %% [markdown]
# Narrower: .018, half of what chance gives, and “3,000 effective dimensions” of 768, which is
# absurd. The formula needs a mean of 0: the common part takes up nearly the whole length, and what
# remains has little room to differ. **Centre before you read dimensions off a spread.** Then the
# tagger's cosines are four times *wider* than chance and 1/Var is about 45; SGNS has some 16 of
# 100, GloVe 33 of 50, MiniLM 85 of 384.

# %% tags=["F-var-cos"]
fig, panels = plots.figure(1, 4, width=10, height=2.9)
for ax, (name, vectors) in zip(panels, spaces.items(), strict=True):
    drawn = np.random.default_rng(0).permutation(len(vectors))[:1000]
    for place, (label, x) in enumerate({"as is": vectors, "centred": centred(vectors)}.items()):
        unit = unit_rows(x[drawn])
        cosines = (unit @ unit.T)[np.triu_indices(1000, 1)]
        ax.hist(cosines, 100, range=(-1, 1), density=True, histtype="step", lw=1.8,
                color=plots.COLOURS[place], label=label)
    x, d = np.linspace(-1, 1, 401), vectors.shape[1]
    ax.plot(x, np.sqrt(d / (2 * np.pi)) * np.exp(-d * x**2 / 2), ":", color="black",
            label="random directions")
    ax.set(title=name, xlabel="cosine of two points", xlim=(-0.7, 1), ylim=(0, 24))
panels[0].set_ylabel("density")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plots.show(fig, alt="Histograms of cosines in four spaces. As they are they stand at .4, .1, .93 "
           "and .18. Centred, all stand at 0, wider than the dotted curve of random directions.")

# %% [markdown]
# Dotted is what random directions would give, solid what is there. No centred space has cosines as
# small as chance would make them: all are flatter clouds than their $d$ suggests. (Of the words,
# the figure has 1,000, drawn at random.)

# %% [markdown]
# ### Counting directions
#
# The whole story of the spread is in the eigenvalues $\lambda_1\ge\lambda_2\ge\dots$ of the
# covariance matrix, the variances along the principal axes. With shares
# $p_i=\lambda_i/\sum_j\lambda_j$, the **effective rank** is
#
# $$e^{H},\qquad H=-\sum_i p_i\log p_i\quad(0\log 0=0),$$
#
# from 1 (one direction has everything) to $d$ (all have the same). Roy and Vetterli (2007) define
# it for any matrix by its singular values. Ours is that of the covariance; if you feed the *data*
# to their formula, you get shares of $\sqrt{\lambda_i}$ and a larger number, so say which. Say too
# whether you centred: about the origin, a common part counts as a very strong direction.

# %% [markdown] exercise="X-effrank"
# ### The effective rank
#
# Write `directions_in_use`. With `centre=True` the $\lambda_i$ are the eigenvalues of the
# covariance matrix, with `centre=False` those of the second moments $X^\top X/n$ about the origin.
# It must work
#
# - for fewer rows than columns, lists, whole numbers and float32 (computed in 64 bits), without
#   changing the input;
# - in any unit: vectors times $10^{200}$ or $10^{-200}$ have the same effective rank;
# - where there is nothing to measure: if all entries are 0, or if after the centring no entry is
#   larger than $10^{-12}$ times the largest entry of the input (in absolute value), return 1, as
#   lesson 04 did.
#
# The core you had in lesson 04. New are `centre`, numbers of any size, and that rows keep their
# lengths (lesson 04 took unit rows).

# %% solution="X-effrank"
def directions_in_use(vectors: np.ndarray, centre: bool = True) -> float:
    """Count the directions that a cloud uses, by the effective rank.

    Parameters
    ----------
    vectors : array_like (n, d)
        At least one row.
    centre : bool
        Whether to measure about the mean row, or about the origin.

    Returns
    -------
    float
        From 1 to d.
    """
    ### BEGIN SOLUTION
    x = np.array(vectors, dtype=float)
    largest = np.abs(x).max()
    if largest == 0:
        return 1.0
    x = x / largest
    if centre:
        x = x - x.mean(axis=0)
    if np.abs(x).max() <= 1e-12:
        return 1.0
    lambdas = np.linalg.svd(x, compute_uv=False) ** 2
    shares = lambdas / lambdas.sum()
    shares = shares[shares > 0]
    return math.exp(-np.sum(shares * np.log(shares)))
    ### END SOLUTION


# %% check="X-effrank"
check("X-effrank", directions_in_use)
### BEGIN HIDDEN TESTS
check("X-effrank", directions_in_use, seed=7501, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Divide by the largest absolute entry first: shares do not change, and squares stay in range. Then
# centre if asked to, then look whether anything is left.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.linalg.svd(x, compute_uv=False) ** 2` gives $n\lambda_i$ for any shape; the $n$ drops out of
# the shares.
#
# </details>
# <details><summary>Help: my check says that the result is nan</summary>
#
# Either 0 / 0 (all zeros, one row: return 1.0 before dividing) or 0 · log 0: keep
# `shares[shares > 0]` only.
#
# </details>
# <details><summary>Help: huge or tiny numbers are wrong</summary>
#
# $10^{200}$ squared is infinite, $10^{-200}$ squared is 0. Rescale before you square, and compare
# with $10^{-12}$ only after that.
#
# </details>

# %% [markdown]
# **Before you run the next cell:** 1,000 points of a perfectly round Gaussian in 768 dimensions.
# What is their effective rank?

# %% tags=["S-isotropy"]
from helpers.isotropy import effective_rank

iso_rank, iso_round, iso_dims = {}, {}, {}
print("effective rank      d   as is  centred   round Gaussian, same n and d")
for name, vectors in spaces.items():
    same = np.random.default_rng(1).normal(size=vectors.shape)
    iso_rank[name] = effective_rank(vectors, centre=False), effective_rank(vectors)
    iso_round[name], iso_dims[name] = effective_rank(same), cosine_moments(same)[1] ** -2
    about_origin, about_mean = iso_rank[name]
    print(f"{name:16s} {vectors.shape[1]:4d}   {about_origin:5.1f}    {about_mean:5.1f}   "
          f"{iso_round[name]:5.1f}   (its 1/Var: {iso_dims[name]:.0f})")
assert 500 < iso_round["tagger"] < 545 and iso_round["own SGNS"] > 98
assert abs(iso_dims["tagger"] - 768) < 15
assert all(iso_rank[name][1] > iso_sd[name][1] ** -2 for name in spaces)
assert iso_rank["tagger"][0] < 2.2 and 115 < iso_rank["tagger"][1] < 145
assert iso_rank["MiniLM"][1] > iso_rank["tagger"][1] and iso_rank["MiniLM"][0] > 85

# %% [markdown]
# About 520, not 768: with hardly more points than dimensions, the sample's own eigenvalues are far
# from equal. **Compare an effective rank with a round cloud of the same $n$ and $d$**, never with
# $d$. (1/Var comes from pairs of *different* points and has no such trouble: 767.)
#
# The tagger goes from 1.8 directions to 129 by centring, a quarter of what a round cloud would
# have; MiniLM has 151, nearly half. The effective rank is above 1/Var in all four: weak directions
# count for more in an entropy than in a sum of squares. (Of the same shares that is always so; here
# the rank takes the rows with their lengths, 1/Var takes unit rows.)

# %% [markdown]
# ### From spectrum to cosines
#
# Here is the cause by itself: clouds in 100 dimensions with mean 0 whose $i$-th eigenvalue falls
# like $i^{-\text{power}}$. **Before you move the slider:** at which power will the effective rank
# be below 10? What happens to the mean cosine on the way?

# %% tags=["F-var-cos", "S-isotropy"]
from helpers.isotropy import power_law_space
from helpers.plots.power_spectrum import power_slider

live, static = power_slider([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2], shown=(0, 1, 2))
plots.show_interactive(live, static, alt="Spectrum and cosines by power. At 0 the spectrum "
                       "slopes gently and the cosines lie on the curve of random directions; at 1 "
                       "the effective rank is 39, at 2 it is 5 and the cosines spread from -1 to "
                       "1. The mean is 0.00 throughout.")
for power, low, high in ((0, 94, 97), (1, 37, 42), (1.5, 11, 14), (1.75, 6, 9), (2, 4, 6)):
    assert low < effective_rank(power_law_space(1000, 100, power)) < high

# %% [markdown]
# The mean stays at 0.00 all the way while the cosines spread from −1 to 1 and the effective rank
# falls from 95 to 5; it passes 10 between powers 1.5 and 1.75. (95, not 100, at power 0: there are
# only 1,000 points.)
#
# Now the real spectra, each divided by its mean. **Before you run the next cell:** is there an
# edge, after which one could say that the other dimensions are empty?

# %% tags=["S-isotropy"]
from helpers.isotropy import eigenvalues

fig, ax = plots.figure(width=7, height=3.2)
for name, vectors in {**spaces, "round, 1,000 x 768": iso_random}.items():
    lambdas = eigenvalues(vectors)
    ax.semilogy(100 * np.arange(1, len(lambdas) + 1) / len(lambdas), lambdas / lambdas.mean(),
                label=name, **{"color": "black", "ls": ":"} if "round" in name else {})
ax.set(xlabel="principal axis (% of d)", ylabel="variance / mean variance", ylim=(1e-3, 200))
ax.legend(fontsize=8, ncols=2)
plots.show(fig, alt="Spectra of four centred spaces on a logarithmic scale. All start far above "
           "the mean and fall below a tenth of it; GloVe's drops steeply at 86% of its axes.")

# %% tags=["S-isotropy"]
iso_glove = eigenvalues(spaces["GloVe"])
print(f"GloVe: axis 43 has {iso_glove[42] / iso_glove.mean():.2f} of the mean variance, axis 44 "
      f"{iso_glove[43] / iso_glove.mean():.2f}; the last 7 hold "
      f"{iso_glove[43:].sum() / iso_glove.sum():.2%} of all")
busy = spaces["GloVe"].std(axis=0)
print(f"standard deviation of its 50 coordinates: {busy.min():.2f} to {busy.max():.2f}")
iso_empty = {name: eigenvalues(vectors) for name, vectors in spaces.items()}
iso_empty = {name: int((x < 1e-8 * x.mean()).sum()) for name, x in iso_empty.items()}
print("axes with no variance at all:", iso_empty)
assert iso_glove[42] > 10 * iso_glove[43] and iso_glove[43:].sum() < 0.003 * iso_glove.sum()
assert busy.min() > 0.5 and list(iso_empty.values()) == [0, 0, 1, 3]

# %% [markdown]
# SGNS, the tagger and MiniLM fall steadily, without an edge, but for the last axis (tagger) or
# three (MiniLM), which are empty. (The dotted line falls too: few points again.) GloVe has an edge.
# **Seven of the 50 axes of these published vectors are all but empty**, though every coordinate is
# busy: the tilted sheet of lesson 04. No mean cosine shows that.

# %% [markdown]
# ### Mu and Viswanath's isotropy
#
# Another measure stands in many papers (Mu and Viswanath 2018). Add up $Z(\mathbf c)=\sum_a
# e^{\mathbf c^\top\mathbf x_a}$ as seen from a unit direction $\mathbf c$; if the cloud looks
# alike from everywhere, $Z$ is the same. So
#
# $$I=\min_{\mathbf c}Z(\mathbf c)\,/\,\max_{\mathbf c}Z(\mathbf c),$$
#
# with $\mathbf c$ running over the eigenvectors of $X^\top X$ (we take both signs). 1 is best.
#
# **Before you run the next cell:** multiply all vectors of a space by 3. Which of our measures so
# far change? Does $I$?

# %% tags=["S-isotropy"]
from helpers.isotropy import partition_isotropy, scaled_to_one

iso_raw, iso_one = {}, {}
print("I            as it comes   times 3   at length 1   e^(-2 |mean|)   centred")
for name, vectors in spaces.items():
    iso_raw[name] = partition_isotropy(vectors), partition_isotropy(3 * vectors)
    one = scaled_to_one(vectors)  # all rows divided by one number, their root mean square length
    guess = math.exp(-2 * np.linalg.norm(one.mean(axis=0)))
    exact, after = partition_isotropy(one), partition_isotropy(scaled_to_one(centred(vectors)))
    iso_one[name] = exact
    print("{:12s} {:11.2g}  {:8.2g}".format(name, *iso_raw[name]),
          f"{exact:13.3f} {guess:15.3f} {after:9.3f}")
    assert iso_raw[name][1] < 0.1 * iso_raw[name][0]
    assert abs(exact - guess) < 0.01 and 0.9 < after < 0.99
assert iso_raw["own SGNS"][0] > 2 * iso_raw["GloVe"][0] and iso_raw["tagger"][0] < 1e-10
assert iso_one["GloVe"] > iso_one["own SGNS"] + 0.1

# %% [markdown]
# Only $I$ changes, and by more than a factor of ten: it depends on the unit. As they come, SGNS
# looks “more isotropic” than GloVe (.14 against .04); at equal length it is the other way round
# (.34 against .52). **Scale all spaces to one length before you compare their $I$.**
#
# And then it says little new. While there is a mean to speak of, $I$ is
# $e^{-2\lVert\boldsymbol\mu\rVert}$ to within .01, with $\lVert\boldsymbol\mu\rVert$ the length
# of the mean vector at that scale; and all four centred spaces get .94 to .97.

# %% [markdown]
# ### Which measure sees which defect?
#
# Back to the made-up clouds, with everything we have (*top direction* is the share of the largest
# eigenvalue). **Before you run the next cell:** which
# clouds will look perfect in every column? Which two will look alike?

# %% tags=["S-isotropy", "F-mean-cosine"]
from helpers.isotropy import geometry, geometry_table

iso_measures = {name: geometry(vectors) for name, vectors in iso_made.items()}
print(geometry_table(iso_measures), "\n")
for name, vectors in iso_made.items():
    unit = unit_rows(centred(vectors))[:1000]
    table = unit @ unit.T - 2 * np.eye(1000)
    nearest = table.max(axis=1).mean()
    print(f"{name:14s} centred: cosine to the nearest other point {nearest:.2f}")
    assert nearest > 0.95 if "clusters" in name or "e1" in name else nearest < 0.75
even, crossed = iso_measures["sphere"], iso_measures["2d clusters"]
assert crossed.rank > even.rank and crossed.partition > even.partition and crossed.top < even.top
strong, clusters = iso_measures["3 strong axes"], iso_measures["10 clusters"]
assert abs(strong.sd - clusters.sd) < 0.08 and abs(strong.top - clusters.top) < 0.05
assert 15 < strong.rank_centred < 19 and 7 < clusters.rank_centred < 10

# %% [markdown]
# - The common part: mean cosine, and everything that is not centred, $I$ included.
# - Few directions: the spread, the top direction, the effective rank. The mean cosine is blind to
#   it; $I$ sees it weakly (.65 for a line!).
# - Three strong axes and ten clusters look alike by spread and top direction; only the effective
#   rank differs, 17 against 9. They see strong directions, not the reason for them.
# - A hundred clusters, one at each end of each axis, pass for *rounder than the sphere*. All these
#   measures come from first and second moments (but for a little in $I$), and clumps need not show
#   there. The cosine to the nearest point does, after centring and next to that of a round cloud
#   of the same $n$ and $d$: .99 against .44.
#
# No single number means “round”.

# %% [markdown]
# ### Is it a problem?
#
# Now the interviewer's .8. We take MiniLM and *make* the defect: add one fixed vector, in a random
# direction, to all verses and all queries (the same verses in the King James wording). Then the
# other one: keep only the first $k$ principal axes. The test: is the nearest verse the right one
# of 1,000?
#
# Unmoved, .97 of the verses are found. **Before you run the next cell:** at a mean cosine of .8,
# and at .99, what is left of that?

# %% tags=["S-isotropy"]
def iso_found(queries, texts):
    """Share of queries whose nearest text by cosine is the one in the same row."""
    nearest = (unit_rows(queries) @ unit_rows(texts).T).argmax(axis=1)
    return float((nearest == np.arange(len(texts))).mean())


iso_texts, iso_queries = (x["MiniLM"][-1].astype(float) for x in (layers, kjv_layers))

# %% tags=["S-isotropy"]
iso_push = unit_rows(np.random.default_rng(0).normal(size=(1, 384)))
iso_push *= np.linalg.norm(iso_texts, axis=1).mean()
iso_answer = {}
for times in (0, 1, 1.8, 10):
    x, q = iso_texts + times * iso_push, iso_queries + times * iso_push
    above = ((unit_rows(x) @ unit_rows(x).T)[np.triu_indices(1000, 1)] > 0.7).mean()
    after = iso_found(centred(q), centred(x))  # each side by its own mean
    iso_answer[times] = mean_cosine(x), above, iso_found(q, x), after
    print("moved by {:3} lengths: mean cosine {:.2f}, pairs above .7 {:6.1%}, found {:.3f}, "
          "centred {:.3f}".format(times, *iso_answer[times]))
assert 0.77 < iso_answer[1.8][0] < 0.83 and iso_answer[1.8][1] > 0.98 and iso_answer[0][1] < 0.01
assert min(row[2] for row in iso_answer.values()) > iso_answer[0][2] - 0.03
assert all(abs(row[3] - iso_answer[0][3]) < 0.003 for row in iso_answer.values())

# %% tags=["S-isotropy", "F-mean-cosine"]
iso_axes = np.linalg.svd(centred(iso_texts), full_matrices=False)[2]
for k in (384, 100, 30, 10):
    x = centred(iso_texts) @ iso_axes[:k].T
    found = iso_found(centred(iso_queries) @ iso_axes[:k].T, x)
    print(f"first {k:3d} axes: mean cosine {mean_cosine(x):+.3f}, effective rank "
          f"{effective_rank(x):5.1f}, found {found:.3f}")
    assert abs(mean_cosine(x)) < 0.01
assert found < 0.68 and effective_rank(x) < 10

# %% [markdown]
# The order hardly minds: .97 becomes .96 at a mean cosine of .8, and .95 at .99. Why? Next to a
# very long common vector, the angle between two points grows with the *distance* between their own
# parts: the cosine turns into a ranking by distance, and that mostly agrees. What breaks is every
# **threshold**: “above .7 is a duplicate” fires for hardly any pair at first, then for nearly all.
# Centring undoes it exactly (both sides were moved by the same vector). The other defect keeps a
# perfect mean cosine of 0 and ends at .63. Of these two, the harmful one is the one that the
# popular number cannot see.

# %% [markdown]
# ### Real layers: which number goes with the retrieval?
#
# **Before you run the next cell:** over the layers of our two encoders, which of the two numbers
# will go with the retrieval, mean cosine or effective rank? And what does centring do to it? We
# centre in two ways: each side by its own mean (possible where you have many queries, as here and
# in lesson 03), and both by the mean of the texts (all that a service with single queries knows).

# %% tags=["S-isotropy"]
iso_layers = {}
for name in ("tagger", "MiniLM"):
    pairs = zip(layers[name], kjv_layers[name], strict=True)
    iso_layers[name] = np.array([
        (mean_cosine(x), effective_rank(x), iso_found(q, x),
         iso_found(centred(q), centred(x)), iso_found(q - x.mean(axis=0), centred(x)))
        for x, q in pairs])

# %% tags=["S-isotropy"]
fig, panels = plots.figure(1, 3, width=10, height=3)
for place, (name, found) in enumerate(iso_layers.items()):
    rows = found.T
    for ax, row in zip(panels, rows[:3], strict=True):
        ax.plot(row, "o-", ms=4, color=plots.COLOURS[place], label=name)
    panels[2].plot(rows[3], "o--", ms=3, lw=1, color=plots.COLOURS[place],
                   label=f"{name}, each side centred")
names = "mean cosine", "effective rank, centred", "share of verses found"
for ax, label in zip(panels, names, strict=True):
    ax.set(xlabel="layer", ylabel=label)
panels[2].legend(fontsize=8, loc="lower left")
plots.show(fig, alt="By layer: the tagger's mean cosine rises to .93 while its retrieval falls "
           "from .97 to .82. MiniLM's effective rank falls to 78, then jumps to 151 in the last "
           "layer; its retrieval falls to .92 and recovers to .97. Dashed, "
           "with each side centred: never lower.")

# %% tags=["S-isotropy"]
from scipy.stats import spearmanr

iso_rho = {}
for name in ("tagger", "MiniLM"):
    rows = iso_layers[name].T
    iso_rho[name] = [spearmanr(rows[column], rows[2]).statistic for column in (0, 1)]
    print(f"{name}: rank correlation of the seven layers' retrieval with the mean cosine "
          "{:+.2f}, with the effective rank {:+.2f}".format(*iso_rho[name]))
print("last layer, found   as is   each side's own mean   the texts' mean for both")
for name, rows in iso_layers.items():
    print("{:19s} {:5.3f} {:22.3f} {:26.3f}".format(name, *rows[6, 2:]))
gains = np.concatenate([rows[:, 3:] - rows[:, 2:3] for rows in iso_layers.values()])
for label, gain in zip(("each side's own mean", "the texts' mean"), gains.T, strict=True):
    print(f"all {len(gain)} layers: {label} changes it by {gain.min():+.3f} to {gain.max():+.3f}")
last = iso_layers["tagger"][6]
assert iso_rho["tagger"][0] < -0.8 and abs(iso_rho["MiniLM"][0]) < 0.5
assert iso_rho["MiniLM"][1] > 0.3 and iso_rho["tagger"][1] < 0.7
assert 0.78 < last[2] < 0.85 and abs(last[3] - last[2]) < 0.02 and last[4] < last[2] - 0.01
assert gains[:, 0].min() > -0.01 and gains[:, 0].max() < 0.08

# %% [markdown]
# In the tagger the mean cosine goes with the retrieval almost perfectly (−.96), and the rank
# hardly. In MiniLM the mean cosine hardly does (−.09), and the rank does (+.88, of seven points
# only). One model would have taught you a law.
#
# And when we *switch the suspect off*, by centring the tagger's last layer, the mean cosine goes to
# 0 and the retrieval stays at .82, if each side gives up its own mean. With the texts' mean for
# both it falls to .79, because queries in old English have another mean. Over all 14 layers each
# side's own mean (dashed) harms nowhere and helps by .05 at most. So a correlation is not a cause:
# the mean cosine did not ruin the last layer, it had only gone along.

# %% [markdown]
# ### Answer the interviewer
#
# Is a cosine of .8 between all vectors a problem, and what would you measure? Write five lines
# before you unfold ours.
#
# <details><summary>A good answer</summary>
#
# .8 says that a common part makes up four fifths of the squared length. That moves rankings little,
# and ruins fixed thresholds. I would subtract the mean of a large sample (queries and texts may
# need one each), then compare the spread of the cosines with $1/\sqrt d$ and the effective rank
# with that of a round cloud of the same size, and look for clumps. Whether to change anything, the
# task decides.
#
# </details>

# %% [markdown]
# ## 2. Norms, frequency, whitening
#
# > **An interviewer asks:** “The norms of our word vectors go with how often the words stand in
# > the corpus. What does that break, and which fixes work?”
#
# You measure what the norm (the length) of a vector knows, whom a ranking prefers because of it,
# and what four repairs do.

# %% [markdown]
# ### How long is a frequent word's vector?
#
# Lesson 01 (part 2) met a tie between norm and count in a toy; here are 12,480 words. GloVe's file
# has no counts, but its words stand by falling frequency, so we take the rank.
#
# **Before you run the next cells:** sketch the norm from rare words to frequent ones, for both
# spaces. A straight line? And do longer *sentences* have longer vectors?

# %% tags=["S-norms"]
from helpers.frequency import length_correlation

norm_own, norm_glove = (np.linalg.norm(space.vectors, axis=1) for space in (own, glove))
norm_log_count = np.log10(own.counts)
norm_log_rank = -np.log10(np.arange(1, len(glove.texts) + 1))  # larger is more frequent
norm_edges = (20, 50, 200, 1000, 10_000, 50_000, 400_000)
norm_group = np.digitize(own.counts, norm_edges) - 1
norm_medians = [np.median(norm_own[norm_group == group]) for group in range(6)]
for group, median in enumerate(norm_medians):
    print(f"{norm_edges[group]:6,} to {norm_edges[group + 1] - 1:7,} times: "
          f"{(norm_group == group).sum():5,} words, median norm {median:.2f}")
norm_ties = [length_correlation(own.vectors, norm_log_count),
             length_correlation(glove.vectors, norm_log_rank)]
print("norm and frequency, Spearman's: own SGNS {:.2f}, GloVe {:.2f}".format(*norm_ties))
norm_words = [len(verse["web"].split()) for verse in verses]
norm_verses = [length_correlation(layers[name][-1], norm_words) for name in ("tagger", "MiniLM")]
print("of norm and number of words in a verse: tagger {:+.2f}, MiniLM {:+.2f}".format(*norm_verses))
longest = norm_own.argmax()
print(f"longest of all: {own.texts[longest]}, {own.counts[longest]} times")
assert norm_ties[0] > 0.8 and 0.1 < norm_ties[1] < 0.3 and max(norm_medians) < 3.1
assert norm_medians[0] < 1.4 < 2.7 < norm_medians[3] and norm_medians[5] < norm_medians[4] - 0.2
assert norm_verses[0] > 0.1 and norm_verses[1] < -0.2 and own.texts[longest] == "begat"

# %% tags=["S-norms"]
fig, panels = plots.figure(1, 2, width=9.5, height=3.6)
panels[0].scatter(own.counts, norm_own, s=2, alpha=0.25)
panels[0].plot([np.median(own.counts[norm_group == group]) for group in range(6)], norm_medians,
               "o-", color=plots.COLOURS[1])
panels[1].scatter(10.0**-norm_log_rank, norm_glove, s=2, alpha=0.25)
cuts = np.geomspace(1, 20_000, 12).astype(int)
bins = list(zip(cuts[:-1], cuts[1:], strict=True))
panels[1].plot([math.sqrt(a * b) for a, b in bins],
               [np.median(norm_glove[a - 1 : b]) for a, b in bins], "o-", color=plots.COLOURS[1])
for ax, space, norms, x, words in (
        (panels[0], own, norm_own, own.counts, ("the", "begat")),
        (panels[1], glove, norm_glove, 10.0**-norm_log_rank, ("the",))):
    for row in map(space.texts.index, words):
        ax.annotate(space.texts[row], (x[row], norms[row]), (3, 3), textcoords="offset points")
panels[0].set(xscale="log", xlabel="occurrences", ylabel="norm", title="own SGNS")
panels[1].set(xscale="log", xlabel="rank by frequency", title="GloVe", xlim=(40_000, 0.6))
plots.show(fig, alt="Norm against frequency, a dot a word, medians as a line. Own SGNS: from 1 for "
           "rare words to 3 for words with some thousand occurrences, lower again for the most "
           "frequent. GloVe: a broad cloud around 5 that hardly rises.")

# %% [markdown]
# Orange: medians. In our own space they rise from 1.2 to 2.9 and *fall* again from 10,000
# occurrences on (2.8, then 2.5); a correlation of .85 hides that turn. In GloVe the tie is weak,
# .20. At equal count words differ too: “begat”, 584 times in lists of fathers and sons, is the
# longest of all. (Schakel and Wilson 2015 read the norm as a mix of frequency and of how consistent
# a word's contexts are; we do not test that.) Sentences follow no common law: longer verses have
# longer vectors in the tagger (+.23) and shorter ones in MiniLM (−.36).

# %% [markdown]
# ### What breaks: rankings by dot product
#
# A thousand words ask for their ten best other words. To see whether it is the norms that matter,
# not something else about frequent words, a third space **switches** the cause: all directions as
# they were, each with another word's norm.
#
# **Before you run the next cell:** words with 20 to 49 occurrences are 47% of the vocabulary.
# What share of the ten thousand places will they get by dot product, by cosine, with shuffled
# norms?

# %% tags=["S-norms", "Q16"]
from helpers.anisotropy import mean_cosine, unit_rows
from helpers.frequency import place_shares, top_rows

norm_rng = np.random.default_rng(5)
norm_queries = norm_rng.permutation(len(own.texts))[:1000]
norm_bands = np.digitize(own.counts, [50, 200, 1000])
own_unit = unit_rows(own.vectors)
norm_shuffled = own_unit * norm_rng.permutation(norm_own)[:, None]
norm_places, norm_longest = {}, {}
print("share by occurrences   20-49  50-199 200-999   1000+   longest tenth   most returned")
norm_all = place_shares(np.arange(len(norm_bands)), norm_bands)
print("vocabulary          ", *(f"{share:8.1%}" for share in norm_all))
norm_spaces = {"dot product": own.vectors, "cosine": own_unit, "shuffled": norm_shuffled}
for name, vectors in norm_spaces.items():
    found = top_rows(vectors[norm_queries], vectors, 10, norm_queries)
    norm_places[name] = place_shares(found, norm_bands)
    lengths, times = np.linalg.norm(vectors, axis=1), np.bincount(found.ravel())
    norm_longest[name] = (lengths[found] > np.quantile(lengths, 0.9)).mean()
    tenth = "      -" if name == "cosine" else f"{norm_longest[name]:7.0%}"
    print(f"{name:20s}", *(f"{share:8.1%}" for share in norm_places[name]), f"{tenth:>14s}"
          f"     {own.texts[times.argmax()]}, in {times.max()} lists")
assert norm_places["dot product"][0] < 0.02 and norm_places["dot product"][2] > 0.5
assert norm_longest["dot product"] > 0.7 and norm_longest["shuffled"] > 0.95
assert norm_places["cosine"][0] > 0.6 and norm_places["shuffled"][0] > 0.6

# %% tags=["S-norms", "Q16"]
surgeon = own.texts.index("surgeon")
for name, vectors in (("dot product", own.vectors), ("cosine", own_unit)):
    (row,) = top_rows(vectors[[surgeon]], vectors, 7, [surgeon])
    print(f"surgeon, {name:12s}", ", ".join(own.texts[i] for i in row))
rare, frequent = (norm_rng.choice(np.flatnonzero(norm_bands == band), 2000) for band in (0, 3))
norm_pull = {}
for name, vectors in (("as they are", own.vectors), ("unit vectors", own_unit)):
    both = unit_rows(vectors[rare] + vectors[frequent])
    norm_pull[name] = [(both * own_unit[words]).sum(axis=1).mean() for words in (rare, frequent)]
    print("mean of a rare and a frequent word, {:13s} cosine {:.2f} to the rare one, {:.2f} to the "
          "frequent one".format(name + ":", *norm_pull[name]))
assert norm_pull["as they are"][1] - norm_pull["as they are"][0] > 0.25
assert abs(norm_pull["unit vectors"][1] - norm_pull["unit vectors"][0]) < 1e-6

# %% [markdown]
# By dot product rare words get one place in a thousand, and the longest tenth of the vectors 78%.
# With shuffled norms the longest tenth gets 99%, whoever is in it, and rare words most of the
# places. So the norm decides who comes into question, and frequency comes in because norms know it.
# (Words with 1,000 occurrences and more are the longest, but get less than the band below: in
# direction few words are near to them, as their 0.7% by cosine shows.) For “surgeon” the dot
# product offers names from a genealogy. The same happens silently in **means**: the mean of a rare
# and a frequent word is close to the frequent one (.93 against .59); of unit vectors, both count
# alike.
#
# By cosine, no norm is left. But rare words now take 71%, more than their 47%. Keep that in mind.

# %% [markdown]
# ### Four repairs
#
# Three of them are one **affine map** $\mathbf x'=(\mathbf x-\boldsymbol\mu)W$, fitted once to
# training vectors with mean $\boldsymbol\mu$ and covariance $\Sigma=U\Lambda U^\top$ (eigenvectors
# in the columns of $U$, eigenvalues $\lambda_j$ on the diagonal of $\Lambda$):
#
# - **centring**: $W=I$, the identity;
# - **all-but-the-top** (Mu & Viswanath 2018): $W=I-U_kU_k^\top$, which takes out the $k$ directions
#   of largest variance (they advise $k\approx d/100$; their formula projects the vector *before* the
#   mean is subtracted, which only adds a constant to all);
# - **whitening**: $W=U(\Lambda+\varepsilon I)^{-1/2}$ (**PCA** whitening), or the same turned back,
#   times $U^\top$ (**ZCA**). With $\varepsilon=0$ the new covariance is $W^\top\Sigma W=I$: all
#   directions vary alike. The two differ by the rotation $U$, so all cosines agree; ZCA stays
#   closest to the old coordinates (Kessy et al. 2018), PCA's are sorted and can be cut.
#
# A **regulariser** $\varepsilon>0$ keeps directions that hardly vary from being blown up. Between
# centred ($s=0$) and white ($s=1$) lie **strengths** $s$, with the power $-s/2$ instead of $-1/2$;
# half whitened means $s=1/2$.
#
# The fourth divides each row by its norm. Every cosine does, so all columns of the next table but
# the first include it. *Neighbours* says how well a word's log-frequency agrees (correlation) with
# the mean log-frequency of its ten neighbours.

# %% [markdown]
# **As it is usually told:** “whitening removes the norm bias.” **Before you run the next cells:**
# norm and frequency correlate by .85 in our space and .20 in GloVe. What will each repair make of
# that, of the agreement with people (WordSim-353, SimLex-999), and of analogies (every eighth
# question)?

# %% tags=["S-whitening", "F-whiten-norm"]
from helpers.evaluate import analogy_accuracy, word_similarity
from helpers.frequency import neighbour_agreement
from helpers.whitening import principal_axes

white_questions = data.analogies()[::8]


def word_row(vectors, texts, frequency):
    """Measure a word space: norms, cosines, neighbours, three tasks (by cosine)."""
    unit, queries = unit_rows(vectors), norm_queries[:500]
    found = top_rows(unit[queries], unit, 10, queries)
    return {
        "norm~freq": length_correlation(vectors, frequency), "mean cos": mean_cosine(vectors),
        "neighbours": neighbour_agreement(frequency, queries, found),
        "WordSim": word_similarity(unit, texts, data.wordsim353()).spearman,
        "SimLex": word_similarity(unit, texts, data.simlex999()).spearman,
        "analogies": analogy_accuracy(unit, texts, white_questions, restrict=10_000).accuracy}


# %% tags=["S-whitening", "F-whiten-norm"]
white_words = {"own SGNS": (own.vectors, own.texts, norm_log_count),
               "GloVe": (glove.vectors, glove.texts, norm_log_rank)}
white_rows, white_versions = {}, {}
for space, (vectors, texts, frequency) in white_words.items():
    axes = principal_axes(vectors)
    maps = {"as it is": np.asarray, "centred": axes.centring(),
            "without top 1": axes.all_but_the_top(1),
            "half whitened": axes.whitening(strength=0.5), "whitened": axes.whitening()}
    for name, repair in maps.items():
        white_versions[space, name] = repair(vectors)
        row = white_rows[space, name] = word_row(repair(vectors), texts, frequency)
        if name == "as it is":
            print(f"{space:15s}" + "".join(f"{column:>11s}" for column in row))
        print(f"  {name:13s}" + "".join(f"{value:11.2f}" for value in row.values()))

# %% tags=["F-whiten-norm"]
from helpers.frequency import similarity_interval

for space in white_words:
    tie = [white_rows[space, name]["norm~freq"] for name in ("as it is", "centred", "whitened")]
    print(f"{space:9s} norm and frequency: {tie[0]:+.3f} as it is, {tie[1]:+.3f} centred, "
          f"{tie[2]:+.3f} whitened")
    for name in ("centred", "half whitened"):
        low, high = similarity_interval(
            white_versions[space, "as it is"], white_versions[space, name], white_words[space][1],
            data.wordsim353())
        print(f"{'':9s} {name}: WordSim better by {low:.2f} to {high:.2f} (95% interval)")
        assert low > 0
    assert abs(tie[2]) > abs(tie[0]) + 0.02 and abs(tie[2]) > abs(tie[1]) + 0.01
    before, after = white_rows[space, "as it is"], white_rows[space, "whitened"]
    assert after["analogies"] < before["analogies"] - 0.03 and abs(after["mean cos"]) < 0.02
    assert white_rows[space, "half whitened"]["analogies"] > before["analogies"] - 0.02
assert all(row["neighbours"] > 0.7 for row in white_rows.values())
white = white_versions["own SGNS", "whitened"]
white_places = place_shares(top_rows(white[norm_queries], white, 10, norm_queries), norm_bands)
print("own SGNS, whitened, by dot product: words with 1,000 occurrences or more take "
      f"{white_places[3]:.0%} of the places, with fewer than 50 {white_places[0]:.1%}")
assert white_places[3] > norm_places["dot product"][3] + 0.4 and white_places[0] < 0.02

# %% [markdown]
# **Whitening did not remove the tie.** In our space it drew it closer, from .85 to .89; for the
# 20,000 most frequent words of GloVe it went from +.20 to −.27, where centring had already turned
# the sign. By dot product, the 4% of words with 1,000 occurrences or more now take 65% of the
# places in our space, instead of 12%. The mean cosine does go to 0.
#
# WordSim rises, already with centring alone (intervals from resampled pairs); SimLex changes
# little. Whitening whole *costs* analogies a third in our space and a sixth in GloVe; half of it
# costs nothing.

# %% [markdown]
# ### Why can it rise? Switch it
#
# (In our space; GloVe's turn has another reason, which comes below.) The norm sums up all
# directions, and those that vary most decide. We draw vectors $e^{f/4}\mathbf z$ with a hidden
# log-frequency $f$ and normal $\mathbf z$, and switch on two disturbances: three directions ten
# times as wide, and an added mean of length 30.
#
# **Before you run the next cell:** in which of the four clouds will whitening raise the
# correlation of norm and $f$?

# %% tags=["F-whiten-norm"]
from helpers.frequency import scaled_cloud

white_switch = {}
for strong, mean in ((1, 0), (10, 0), (1, 30), (10, 30)):
    vectors, frequency = scaled_cloud(strong, mean)
    axes = principal_axes(vectors)
    versions = vectors, axes.centring()(vectors), axes.whitening()(vectors)
    row = white_switch[strong, mean] = [length_correlation(x, frequency) for x in versions]
    print(f"three directions x {strong:2d}, mean {mean:2d}: "
          "as it is {:.2f}, centred {:.2f}, whitened {:.2f}".format(*row))
assert white_switch[1, 0][0] > 0.93 and white_switch[1, 30][1] > 0.93
assert white_switch[10, 0][1] < 0.7 and white_switch[1, 30][0] < 0.7
assert all(row[2] > 0.93 for row in white_switch.values())

# %% [markdown]
# In the round, centred cloud nothing changes. Each disturbance hides $f$; centring takes the mean
# away, whitening both. So where frequency scales the *whole* vector, whitening makes the norm a
# better thermometer of it. Before a dot product, that is the opposite of what you want: **normalise
# too**.
#
# **Before you run the next cell:** does the order matter? Suppose we normalise *first*, and then
# centre.

# %% tags=["F-whiten-norm"]
from scipy.stats import spearmanr

white_order, white_part = {}, {}
for space, (vectors, _, frequency) in white_words.items():
    unit = unit_rows(vectors)
    m = unit.mean(axis=0)
    lean = unit @ m / np.linalg.norm(m)  # cosine with the mean
    first = length_correlation(unit - m, frequency)
    last = np.ptp(np.linalg.norm(unit_rows(vectors - vectors.mean(axis=0)), axis=1))
    white_order[space] = first, spearmanr(lean, frequency).statistic
    print(f"{space:9s} normalised, then centred: norm~freq {first:+.2f}; the other way round all "
          f"norms are {'equal' if last < 1e-12 else 'different'}\n{'':9s} cosine with the mean: "
          f"{lean.mean():.2f} on average, with frequency {white_order[space][1]:+.2f}")
    along = vectors @ m / np.linalg.norm(m)
    rest = np.sqrt((vectors**2).sum(axis=1) - along**2)
    fifths = np.array_split(np.argsort(frequency, kind="stable"), 5)
    for part, values in (("along the mean", along), ("the rest", rest)):
        white_part[space, part] = [values[fifths[i]].mean() for i in (0, 4)]
        print("{:9s} length {}: rarest fifth {:.2f}, most frequent {:.2f}".format(
            "", part, *white_part[space, part]))
    assert last < 1e-12
assert white_order["own SGNS"][0] > 0.8 and white_order["own SGNS"][1] < -0.8
assert white_order["GloVe"][0] < -0.7 and white_order["GloVe"][1] > 0.7
assert np.diff(white_part["own SGNS", "along the mean"]) < 0.4 < np.diff(
    white_part["own SGNS", "the rest"]) and np.diff(white_part["GloVe", "the rest"]) < -0.3
assert np.diff(white_part["GloVe", "along the mean"]) > 1.5

# %% [markdown]
# It matters: normalise *last*. A unit vector $\mathbf u$ minus the mean $\mathbf m$ of all unit
# vectors has the squared norm $1-2\,\mathbf u^\top\mathbf m+\lVert\mathbf m\rVert^2$, which only
# tells how far a word leans towards the mean. And that lean knows frequency: rare words lean most
# in our space (−.87), frequent ones in GloVe (+.80), for two different reasons. In our space all
# words have nearly the same part along the mean, about 1, and the *rest* grows from .7 to 2.4:
# the shorter vector leans more. In GloVe the part along the mean itself grows with frequency, from
# .8 to 3.0, while the rest shrinks. So centring takes from frequent words just what made them long,
# and the tie turns its sign. Frequency is in the *directions* too.

# %% [markdown]
# ### Frequency in the directions
#
# A linear model reads log-frequency from the vectors, trained on a random half of the words,
# tested on the other. $R^2$ is the share of the variance that it explains. Mu and Viswanath
# found frequency in the top components, and removed those.
#
# **Before you run the next cell:** how much can be read from unit vectors? From vectors with their
# norms, more or less? And are the top components the guilty ones here?

# %% tags=["S-whitening"]
from helpers.frequency import linear_r2

white_r2 = {}
for space, (vectors, _, frequency) in white_words.items():
    for name in ("as it is", "centred"):
        x = white_versions[space, name]
        white_r2[space, name] = linear_r2(unit_rows(x), frequency), linear_r2(x, frequency)
        print(f"{space:9s} {name:9s} R2 from unit vectors {white_r2[space, name][0]:.2f}, with "
              f"norms {white_r2[space, name][1]:.2f}")
    axes = principal_axes(vectors)
    parts = (vectors - axes.mean) @ axes.directions[:, :6]
    told = [np.corrcoef(part, frequency)[0, 1] for part in parts.T]
    print("          components 1 to 6 with frequency:", *(f"{abs(r):.2f}" for r in told))
    assert abs(told[0]) < 0.35 and white_r2[space, "as it is"][0] > 0.7
    assert space == "own SGNS" or abs(told[5]) > 0.5
with_norm = linear_r2(np.column_stack([own.vectors, norm_own]), norm_log_count)
unit = unit_rows(white_versions["own SGNS", "centred"])
white_rare = place_shares(top_rows(unit[norm_queries], unit, 10, norm_queries), norm_bands)[0]
print(f"own SGNS, the norm as one more column: R2 {with_norm:.2f}; centred, by cosine: rare words "
      f"take {white_rare:.0%} of the places")
assert white_r2["own SGNS", "centred"][0] < 0.5 and white_r2["GloVe", "centred"][0] > 0.8
assert white_r2["own SGNS", "as it is"][1] < 0.5 < 0.8 < with_norm
assert white_rare < norm_places["cosine"][0] - 0.1

# %% [markdown]
# From the directions alone the model reads 79% and 82%. In our space that is *more* than from the
# vectors with their norms (31%): a linear model cannot compute a norm, but the division has written
# it into the lean. (Given the norm as one more column, it reads 89%.) Centre first, and 33% are
# left, and the rare words' share of the places falls from 71 to 56%. GloVe keeps all (89%).
# Whitening adds nothing to what a linear model reads from the vectors with their norms: an
# invertible map only renames the coefficients. The *top* components are not the carriers here; in
# GloVe it is rather the sixth (.61): look before you remove.
#
# The table's *neighbours* stay above .7 in every row. Normalising takes the norm away, not
# frequency. That need not be a fault: rare words may have rare synonyms.

# %% [markdown] exercise="X-whiten"
# ### Whitening with a regulariser
#
# Learn mean and covariance (divided by n) from `train`, and return the whitened rows of `new`: the
# part along each eigenvector, divided by $\sqrt{\lambda+\varepsilon}$. (`eps` has the unit of a
# variance; in practice one sets it as a share of the mean eigenvalue.) Directions in which `train`
# does not vary (an eigenvalue at most 1e-10 of the largest) give 0, whatever `eps`; there may be
# fewer rows than dimensions. If after the centring no entry of `train` is larger than $10^{-12}$
# times its largest entry (in absolute value), as with equal rows, all results are 0. Compute in 64
# bits (inputs may be lists, whole numbers, 32-bit) and leave inputs as they are. PCA or ZCA: the
# check compares the inner products of the rows, which no rotation changes.

# %% solution="X-whiten"
def whiten(train: np.ndarray, new: np.ndarray, eps: float) -> np.ndarray:
    """Whiten vectors with the mean and the covariance of training vectors.

    Parameters
    ----------
    train : array_like (n, d)
        n >= 1 vectors that the map is fitted to.
    new : array_like (m, d)
        Vectors to be whitened, m >= 1.
    eps : float
        0 or more, added to the eigenvalues of the covariance.

    Returns
    -------
    ndarray (m, d)
        Also (m, less than d), if directions without variance are left out.
    """
    ### BEGIN SOLUTION
    train, new = np.asarray(train, dtype=float), np.asarray(new, dtype=float)
    mean = train.mean(axis=0)
    moved = train - mean
    variances, directions = np.linalg.eigh(moved.T @ moved / len(train))
    alive = variances > 1e-10 * variances[-1]
    if np.abs(moved).max() <= 1e-12 * np.abs(train).max():
        alive[:] = False  # only rounding is left
    return (new - mean) @ directions[:, alive] / np.sqrt(variances[alive] + eps)
    ### END SOLUTION


# %% check="X-whiten"
check("X-whiten", whiten)
### BEGIN HIDDEN TESTS
check("X-whiten", whiten, seed=7501, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `moved = train - mean`; `variances, directions = np.linalg.eigh(moved.T @ moved / len(train))`.
# The eigenvectors are the *columns* of `directions`, the largest eigenvalue is the last.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Which columns of `directions` may stay? A mask over the eigenvalues says so, and no column stays
# if all rows are equal. Take the coordinates of `new - mean` along those, and divide each by the
# root of what the task names.
#
# </details>
# <details><summary>Help: only cases with equal training rows fail</summary>
#
# A mean such as (.1 + .1 + .1)/3 is off by a rounding error, so the centred rows are not quite 0,
# and neither are the eigenvalues. Look at the size of `train - mean` first.
#
# </details>

# %% [markdown]
# ### How white should sentences be?
#
# A verse of the King James Version (`kjv`) searches its counterpart among 1,000 verses of the World
# English Bible (`web`), by cosine. $W=U\Lambda^{-s/2}U^\top$ is fitted to the latter. Each side is
# centred with its *own* mean, as one does when both sets are known; a service that gets single
# queries has only the documents' mean, so we measure that too.
#
# **Before you run the next cell:** guess the share of right answers at $s$ = 0, .5 and 1, for the
# tagger (.82 as it is) and MiniLM (.97).

# %% tags=["S-whitening"]
def found_right(matrix, name, centre="own", dims=slice(None)):
    """Share of King James verses whose own verse is nearest by cosine, both sides repaired."""
    asked, stored = (side[name][-1][:, dims].astype(float) for side in (kjv_layers, layers))
    moves = {"own": (asked.mean(axis=0), stored.mean(axis=0)),
             "documents": [stored.mean(axis=0)] * 2, "none": (0, 0)}[centre]
    asked, stored = (unit_rows((x - move) @ matrix)
                     for x, move in zip((asked, stored), moves, strict=True))
    return float(((asked @ stored.T).argmax(axis=1) == np.arange(len(asked))).mean())


white_axes = {name: principal_axes(layers[name][-1]) for name in ("tagger", "MiniLM")}
white_strengths, white_curve, white_plain = np.arange(0, 1.01, 0.125), {}, {}
for name, axes in white_axes.items():
    white_plain[name] = found_right(np.eye(len(axes.mean)), name, "none")
    maps = [axes.whitening(strength=s).matrix for s in white_strengths]
    white_curve[name] = [found_right(matrix, name) for matrix in maps]
    white_curve[name, "documents"] = [found_right(maps[i], name, "documents") for i in (0, 4, 8)]
    print(f"{name:7s}as it is {white_plain[name]:.3f}; by strength",
          *(f"{value:.3f}" for value in white_curve[name]))
    print("       the documents' mean on both sides, at 0, .5, 1:",
          *(f"{value:.3f}" for value in white_curve[name, "documents"]))
tagger_curve, minilm_curve = white_curve["tagger"], white_curve["MiniLM"]
assert tagger_curve[4] > tagger_curve[0] + 0.1 and tagger_curve[8] < tagger_curve[0] - 0.1
assert max(minilm_curve) - min(minilm_curve) < 0.03
assert abs(tagger_curve[0] - white_plain["tagger"]) < 0.02
assert white_curve["tagger", "documents"][0] < tagger_curve[0] - 0.01

# %% tags=["S-whitening"]
from helpers.plots.whitening import whitening_steps

white_asked = kjv_layers["tagger"][-1]
white_asked = white_asked - white_asked.mean(axis=0) + white_axes["tagger"].mean  # both means at 0
live, static = whitening_steps(
    white_axes["tagger"], layers["tagger"][-1], white_asked, white_strengths, tagger_curve,
    shown=(0, 4, 8), components=(1, 299), linked=range(20, 1000, 90))
plots.show_interactive(live, static, alt="Components 2 and 300 of the tagger's verses. Centred, "
                       "the cloud is flat and a verse lies near its translation. At strength .5 it "
                       "is an ellipse; white, it is round, and translations lie far off along "
                       "component 300.")

# %% [markdown]
# Move the slider. Component 2 is wide, component 300 narrow; each line joins a verse to its
# translation. At 0 the cloud is flat. As it gets rounder, the vertical part of the lines grows:
# along component 300 a verse and its translation hardly agree, and whitening gives that direction
# the same say. Two suspects, then: the narrow directions say little, or 1,000 verses do not
# determine 768 variances. For the first, drop narrow directions. For the second, keep every third
# coordinate (256 of 768) and switch the number of verses in the fit.
#
# **Before you run the next cell:** which of the two is it?

# %% tags=["S-whitening"]
axes, cut, white_fit = white_axes["tagger"], {}, {}
sides = [(side["tagger"][-1] - axes.mean) @ axes.directions for side in (layers, kjv_layers)]
white_agree = [np.corrcoef(sides[0][:, j], sides[1][:, j])[0, 1] for j in range(767)]
for low, high in ((0, 10), (10, 300), (300, 500), (500, 767)):
    print(f"directions {low + 1:3d} to {high}: verse and translation correlate by "
          f"{np.mean(white_agree[low:high]):.2f}")
for kept in (100, 300, 767):
    short = axes.directions[:, :kept] / np.sqrt(axes.variances[:kept])
    cut[kept] = found_right(short, "tagger")
    print(f"only the {kept} widest directions, all white: {cut[kept]:.3f} right")
thirds = slice(None, None, 3)
white_fit[0] = found_right(np.eye(256), "tagger", dims=thirds)
print(f"256 coordinates, centred: {white_fit[0]:.3f}; white, fitted to", end=" ")
for verses_seen in (333, 500, 1000):
    fit = principal_axes(layers["tagger"][-1][:verses_seen, thirds])
    white_fit[verses_seen] = found_right(fit.whitening().matrix, "tagger", dims=thirds)
    print(f"{verses_seen}: {white_fit[verses_seen]:.3f}", end="  ")
white_eps = {share: found_right(axes.whitening(eps=share * axes.variances.mean()).matrix, "tagger")
             for share in (0, 0.01, 0.1, 1)}
print("\nregulariser, in mean eigenvalues:", *(f"{e}: {v:.3f}  " for e, v in white_eps.items()))
assert np.mean(white_agree[:10]) > 0.6 and np.mean(white_agree[500:]) < 0.15
assert cut[300] > cut[767] + 0.15 and abs(cut[767] - white_eps[0]) < 0.01
assert white_eps[1] > white_eps[0] + 0.2 and axes.variances[-1] < 1e-9
assert white_fit[333] < 0.5 < white_fit[500] + 0.05 < white_fit[1000] > white_fit[0] + 0.02

# %% [markdown]
# Mostly the second. From direction 300 on, verse and translation correlate by .2 and less, and
# without those the white tagger has .92 instead of .62. But with *no* direction dropped, the white
# coordinates go from .34 (1.3 verses a dimension, as before) to .82 (about four), above centred
# (.78). So the narrow directions are not worthless: they are badly *measured*. (Su et al. 2021
# whiten fully, fitted to many sentences, and report gains.) A regulariser of one mean eigenvalue
# helps in the same way as dropping, and better: .95. The 768th direction has no variance at all, as
# each layer ends with a normalisation that ties the coordinates; hence the rule in your function.
#
# So a *part* of whitening helps an encoder that was never tuned for similarity, from .82 to .94
# (centring alone does not: .82, or .79 with the documents' mean on both sides, since queries in
# old English have another mean), and all of it, fitted to hardly more verses than dimensions,
# harms. MiniLM, tuned for similarity, stays within two points. Strength and regulariser were chosen
# on the verses they are scored on, with a standard error of
# $\sqrt{.94\times.06/1000}$, about .008: read “about .94, anywhere from
# .4 to .6”, no best value.

# %% [markdown]
# ### Fit once, apply to all
#
# **Before you run the next cell:** what if the queries go through a map fitted to the *queries*?

# %% tags=["S-whitening", "Q16"]
verses_6, queries_6 = layers["tagger"][-1], kjv_layers["tagger"][-1]
queries_axes = principal_axes(queries_6)
white_fits, white_cosines = {}, {}
for kind in ("pca", "zca"):
    white = unit_rows(white_axes["tagger"].whitening(kind)(verses_6))
    for whose, axes in (("the verses'", white_axes["tagger"]), ("their own", queries_axes)):
        asked = unit_rows(axes.whitening(kind)(queries_6))
        white_fits[kind, whose] = ((asked @ white.T).argmax(1) == np.arange(1000)).mean()
        print(f"{kind}, queries by {whose:12s} map: {white_fits[kind, whose]:.3f}")
    white_cosines[kind] = white @ white.T
print("cosines of PCA and ZCA equal:", np.allclose(*white_cosines.values(), rtol=0, atol=1e-6))
assert np.allclose(*white_cosines.values(), rtol=0, atol=1e-6)
assert white_fits["pca", "their own"] < 0.02
assert white_fits["zca", "their own"] > white_fits["zca", "the verses'"] + 0.15

# %% [markdown]
# Through one map PCA and ZCA give the same cosines. By their own PCA map, queries land in other
# axes: none is right, and nothing warns you. With ZCA the axes stay, and a map of their own even
# *helps*: not by its mean (at full strength, each side's own mean had .62 too) but by its
# covariance. That needs a thousand queries at once; a single query minus its own mean is zero. In a
# service, fit once to documents and keep the map with the index.

# %% [markdown]
# ### Q16: norms and frequency
#
# > **An interviewer asks:** “Norms correlate with frequency. What breaks, and which fixes work?”

# %% [markdown] exercise="Q16-bands"
# ### Whom does the ranking return?
#
# Each query $i$ has scores (finite numbers) for n items; item `itself[i]` is the query and never
# counts. Take its `k` best other items (all of them, if there are fewer), among equal scores the
# earlier item first. Return for each band 0, 1, ..., `max(bands)` the share of all these places
# that its items take, as an array that adds up to 1; a band may have no items. Lists and whole
# numbers (also unsigned) come in too, and inputs stay as they are.

# %% solution="Q16-bands"
def band_shares(scores: np.ndarray, itself: np.ndarray, bands: np.ndarray, k: int) -> np.ndarray:
    """Share of the places in the top k that each band of items takes.

    Parameters
    ----------
    scores : array_like (m, n)
        Of m queries for n >= 2 items; larger is better.
    itself : array_like of int (m,)
        Which item the query is.
    bands : array_like of int (n,)
        Band of each item, from 0.
    k : int
        At least 1.

    Returns
    -------
    ndarray (max(bands) + 1,)
    """
    ### BEGIN SOLUTION
    scores, bands = np.array(scores, dtype=float), np.asarray(bands)
    m, n = scores.shape
    scores[np.arange(m), itself] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")[:, : min(k, n - 1)]
    counts = np.bincount(bands[order].ravel(), minlength=bands.max() + 1)
    return counts / order.size
    ### END SOLUTION


# %% check="Q16-bands"
check("Q16-bands", band_shares)
### BEGIN HIDDEN TESTS
check("Q16-bands", band_shares, seed=7502, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Copy the scores as float and set `scores[np.arange(m), itself] = -np.inf`. Do not drop “the first
# result”: by dot product a query need not be its own best match.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A *stable* argsort of the negative scores puts the earlier of equals first. Cut it after `k`
# places, or after n − 1 if that is less, look up the bands, and let `np.bincount` count them; its
# `minlength` keeps empty bands.
#
# </details>

# %% [markdown] exercise="Q16-top"
# ### All but the top
#
# Learn from `train` the mean and the `k` directions of largest variance about it. Return the rows
# of `new` minus that mean, and then without their part along those directions, in the original axes
# and not normalised. `k` is 0 (only centring) to the number of dimensions. Lists are accepted;
# compute in 64 bits and leave inputs as they are.

# %% solution="Q16-top"
def all_but_the_top(train: np.ndarray, new: np.ndarray, k: int) -> np.ndarray:
    """Take the mean and the k strongest directions of training vectors out of other vectors.

    Parameters
    ----------
    train : array_like (n, d)
        At least k + 1 vectors, unless k is d.
    new : array_like (m, d)
        Vectors to be repaired.
    k : int
        0 to d.

    Returns
    -------
    ndarray (m, d)
    """
    ### BEGIN SOLUTION
    train, new = np.asarray(train, dtype=float), np.asarray(new, dtype=float)
    mean = train.mean(axis=0)
    _, _, directions = np.linalg.svd(train - mean)
    top = directions[:k]
    moved = new - mean
    return moved - moved @ top.T @ top
    ### END SOLUTION


# %% check="Q16-top"
check("Q16-top", all_but_the_top)
### BEGIN HIDDEN TESTS
check("Q16-top", all_but_the_top, seed=7503, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.linalg.svd(train - mean)` returns three arrays; the *rows* of the last are the directions, the
# strongest first. Subtract from the centred row its projection on the first `k`.
#
# </details>

# %% [markdown] exercise="Q16-conclusions"
# ### What follows about norms and frequency?
#
# Which of these statements follow from what you measured? Assign a set of letters.
#
# - **A.** By dot product, our rare words were hardly ever returned, and it was the norms that
#   did it.
# - **B.** Whitening removes the tie between norm and frequency, since all directions then have the
#   same variance.
# - **C.** If vectors are to be centred and normalised, the last step has to be the normalising.
# - **D.** After normalising, no trace of frequency is left in the vectors.
# - **E.** PCA whitening and ZCA whitening of the same vectors rank neighbours alike, if all go
#   through one map.
# - **F.** Since whitening gives the best isotropy, it gives the best retrieval.
# - **G.** A regulariser, or less than full strength, made whitening useful for the tagger.

# %% solution="Q16-conclusions"
chosen_q16 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q16 = {"A", "C", "E", "G"}
### END SOLUTION

# %% check="Q16-conclusions"
check("Q16-conclusions", chosen_q16)
### BEGIN HIDDEN TESTS
check("Q16-conclusions", chosen_q16, seed=7504, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# **Your turn to answer.** “Norms correlate with frequency: what breaks, and which fixes work?”
# Write 150 to 200 words.
#
# <details><summary>Rubric (4 points)</summary>
#
# 1. What the tie looks like (rises, then falls; differs between spaces), and what breaks: rankings
#    by dot product and means, with evidence that the norm is the cause.
# 2. Normalising: what it repairs, why last, and what it leaves (frequency in the directions).
# 3. Centring, all-but-the-top, whitening: what each does to norms and to quality; why whitening can
#    tighten the tie, and why a part of it can be better than all.
# 4. Practice: fit once to documents, regularise, test on unseen vectors and on the task.
# </details>

# %% [markdown] written="Q16-written" points=4
# **What breaks.** In our skip-gram space the norm rises with the count (.85) and falls again for
# the most frequent words; in GloVe the tie is weak. A ranking by dot product returns long
# vectors: rare words, half of the vocabulary, got .1% of the places. With norms shuffled the long
# ones won again, so the norm is the cause. Means are pulled in the same way.
#
# **Normalising** removes that, as the last step: normalised first and then centred, norms followed
# frequency again. Frequency stays in the directions: a linear model read 79% of its variance from
# unit vectors.
#
# **Maps.** Centring brings the mean cosine to 0 and raised WordSim, but leaves the tie (.87), as
# does all-but-the-top (.86), which helps if the top components carry what you do not want; here
# they did not carry frequency. Whitening drew norm and frequency *closer* (.89), as it does where
# frequency scales whole vectors and a few wide directions hide it. Full strength cost analogies and
# took the tagger's retrieval from .82 to .62: 1,000 verses are too few for 768 variances. Half
# strength, or a regulariser, gave .94, since it holds badly measured narrow directions down.
#
# **Practice.** Cosine first. Fit a repair once to documents, send queries through the same map,
# regularise, and decide by the task on unseen data, not by isotropy.

# %% [markdown]
# ## 3. Hubs
#
# > **An interviewer asks:** “Our vector search shows the same few documents to half of the users,
# > whatever they ask. The documents are nothing special. What is happening, where does it come
# > from, and what would you try first?”
#
# Such a point is a **hub**. You will count hubs, switch their causes on and off, and measure
# repairs on a search: verses of the King James Version look for themselves in modern English.

# %% [markdown]
# ### In how many lists does a point stand?
#
# Each of $n$ points lists its $k$ nearest others. The **k-occurrence** $N_k$ of a point is the
# number of lists that it stands in. Since $nk$ places are shared among $n$ points, its mean is $k$,
# always. What differs is how evenly they are shared, which the **skewness** measures (Radovanović,
# Nanopoulos & Ivanović 2010), with $\sigma$ the standard deviation of $N_k$:
#
# $$\text{skewness}=\frac{1}{n}\sum_{j=1}^n\Big(\frac{N_k(j)-k}{\sigma}\Big)^3.$$
#
# It is near 0 when the counts lie evenly around $k$, and large when few points take very many
# places; if everybody drew a list by lot ($N_k$ is then binomial), about $1/\sqrt k$, so .32 for
# $k=10$. Points with $N_k=0$ we call **orphans** (in papers: anti-hubs).

# %% [markdown] exercise="X-kocc"
# ### Counting in whose lists you are
#
# `similarity[i, j]` says how similar point $j$ is for point $i$ (larger is nearer; not always
# symmetric). Return for every point how many *other* points have it among their `k` most similar
# others. The diagonal may hold anything, and with dot products it need not be the largest: leave
# out column $i$ of row $i$ by its place. Among equals the lower column goes first, so every list
# has exactly `k` members, or all the others if `k` is larger. There may be one point only. All
# similarities are finite; lists are accepted; inputs stay as they are.

# %% solution="X-kocc"
def k_occurrence(similarity: np.ndarray, k: int) -> np.ndarray:
    """Count in how many lists of k nearest neighbours each point stands.

    Parameters
    ----------
    similarity : array_like (n, n)
        Row i: of all points to point i.
    k : int
        At least 1; may exceed n - 1.

    Returns
    -------
    ndarray of int (n,)
    """
    ### BEGIN SOLUTION
    similarity = np.array(similarity, dtype=float)
    n = len(similarity)
    np.fill_diagonal(similarity, -np.inf)
    order = np.argsort(-similarity, axis=1, kind="stable")
    lists = order[:, : min(k, n - 1)]
    return np.bincount(lists.ravel(), minlength=n)
    ### END SOLUTION


# %% check="X-kocc"
check("X-kocc", k_occurrence)
### BEGIN HIDDEN TESTS
check("X-kocc", k_occurrence, seed=7351, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Copy the table as floats, write `-np.inf` on its diagonal (`np.fill_diagonal`), and sort each row,
# the largest first, with `kind="stable"`.
#
# </details>
# <details><summary>Hint 2 (nearly all of it)</summary>
#
# `np.argsort(-similarity, axis=1, kind="stable")[:, :min(k, n - 1)]` are the lists;
# `np.bincount(lists.ravel(), minlength=n)` counts.
#
# </details>
# %% [markdown]
# ### The four spaces
#
# Cosines, $k=10$; of the word spaces only the 5,000 most frequent words, since the table of
# similarities has $n^2$ entries.
#
# **Before you run the next cell:** which space has the greatest hub, and in how many lists?

# %% tags=["S-hubness"]
from scipy.stats import spearmanr

from helpers import hubness
from helpers.anisotropy import centred, unit_rows

hub_verses = [verse["web"] for verse in verses]
hub_texts = {"own SGNS": own.texts, "GloVe": glove.texts,
             "tagger": hub_verses, "MiniLM": hub_verses}
hub_counts, hub_found = {}, {}
for name, vectors in spaces.items():
    hub_counts[name] = hubness.k_occurrence(hubness.similarities(vectors[:5000]), 10)
    found = hub_found[name] = hubness.summarise(hub_counts[name])
    print(f"{name:9s} skewness {found.skew:.2f}   greatest hub in {found.largest:3d} lists   "
          f"orphans {found.orphans:.0%}")
    top = np.argsort(-hub_counts[name], kind="stable")
    top = top[: 2 if hub_texts[name] is hub_verses else 5]
    print("      " + " | ".join(f"{hub_counts[name][j]}: {hub_texts[name][j][:60]}" for j in top))
assert all(found.skew > 1 and found.largest > 40 for found in hub_found.values())
assert max(hub_found, key=lambda name: hub_found[name].skew) == "tagger"
assert hub_found["tagger"].largest > 90 and 0.1 < hub_found["tagger"].orphans < 0.2

# %% [markdown]
# All four have hubs, in 56 to 125 lists where the mean is 10. (More points have greater hubs, so
# words and verses cannot be compared. The tagger's is the greatest all the same, and to one of its
# verses in seven no list leads.) Most are ordinary texts. One of MiniLM's is a list of names, of
# which the Bible has many near copies, so a hub may be *deserved*. A count does not say why.

# %% [markdown]
# ### The law that is no law
#
# **As it is usually told:** “in high dimensions all cosines crowd around 0 with variance $1/d$.
# Therefore hubs appear: points that are neighbours of about $\sqrt N$ of the $N$ others.”
#
# ($N$ is our $n$.) Two kinds of made-up points test that. *Gaussian*: every coordinate is a
# standard normal. *Sphere*: the same points, each moved along its ray to the distance $\sqrt d$
# from the origin, so that both have the same cosines, digit by digit. Nearest is by Euclidean
# distance.
#
# **Before you run the next cell:** which of the two has hubs in 500 dimensions? Is the greatest hub
# of 4,000 points in about $\sqrt{4000}=63$ lists?

# %% tags=["F-hub-law"]
def hub_measured(points, measure="distance", k=10):
    return hubness.k_occurrence(hubness.similarities(points, measure=measure), k)

hub_law = {}
for n, d, seed in ((1000, 2, 0), (1000, 10, 0), (1000, 50, 0), (1000, 500, 0),
                   (4000, 500, 0), (4000, 500, 1), (4000, 500, 2)):
    gauss, sphere = hub_law[n, d, seed] = [hubness.summarise(hub_measured(
        hubness.switched(n, d, seed, spread=spread))) for spread in (1, 0)]
    print(f"n = {n}, d = {d:3d}, draw {seed}:   Gaussian skewness {gauss.skew:5.2f}, greatest "
          f"{gauss.largest:3d}, orphans {gauss.orphans:3.0%}   sphere {sphere.skew:5.2f}, "
          f"{sphere.largest:2d}, {sphere.orphans:.1%}")
cosines = hubness.similarities(hubness.switched(1000, 500, 0))[np.triu_indices(1000, 1)]
print(f"variance of the cosines of either at d = 500, times d: {500 * cosines.var():.3f}")
assert all(hub_law[4000, 500, seed][0].largest > 6 * 4000**0.5 for seed in range(3))
assert all(abs(sphere.skew) < 0.5 and sphere.largest < 35 for _, sphere in hub_law.values())
assert 2.5 < hub_law[1000, 500, 0][0].skew < 5.5 and abs(500 * cosines.var() - 1) < 0.02

# %% [markdown]
# The Gaussian has hubs: of 4,000 points in 500 dimensions the greatest stands in 446 to 655 lists,
# seven to ten times $\sqrt n$, and no two draws agree. The evenly filled *sphere has none*, in the
# four dimensions tried, though the variance of its cosines is $1/d$ just the same. So many
# dimensions are not *enough* for hubs, nor is variance $1/d$. Only one thing was changed between
# the two.

# %% [markdown]
# ### The cause, on a slider
#
# With $\boldsymbol\mu$ the mean of all points, a squared distance splits:
#
# $$\|\mathbf x-\mathbf y\|^2=\|\mathbf x-\boldsymbol\mu\|^2+\|\mathbf y-\boldsymbol\mu\|^2
# -2\,(\mathbf x-\boldsymbol\mu)\cdot(\mathbf y-\boldsymbol\mu).$$
#
# When $\mathbf x$ makes its list, the first term is the same for all candidates $\mathbf y$, and
# the last is personal to the pair. The middle one belongs to the candidate alone: a $\mathbf y$
# near the centre is a little nearer to *everybody*. For a Gaussian its standard deviation is
# $\sqrt{2d}$ against $2\sqrt d$ of the personal term, so it never becomes negligible. On the sphere
# it is all but 0. The slider multiplies each distance's deviation from $\sqrt d$: 0 is the sphere,
# 1 the Gaussian.
#
# **Before you run the next cell:** a Gaussian's distances to its centre differ by 3% in 500
# dimensions (standard deviation over mean). Would a third of that be enough for hubs?

# %% tags=["F-hub-law"]
from helpers.plots.hubs import Cloud, hub_map, spread_explorer

hub_clouds, hub_rho = {}, {}
for spread in (0, 0.1, 0.3, 0.5, 1, 1.5):
    points = hubness.switched(1000, 500, seed=0, spread=spread)
    distance = np.linalg.norm(points - points.mean(axis=0), axis=1) / 500**0.5
    counts = hub_measured(points)
    hub_rho[spread] = spearmanr(distance, counts).statistic
    title = f"spread {spread:g}: skewness {hubness.summarise(counts).skew:.1f}"
    hub_clouds[f"{spread:g}"] = Cloud(distance, counts, title)
    print(f"{title}; distances differ by {distance.std() / distance.mean():.2%}, "
          f"rank correlation with N_k {hub_rho[spread]:.2f}")
live, static = spread_explorer(hub_clouds, 10, shown=("0", "0.5", "1"))
plots.show_interactive(live, static, alt="k-occurrence against the distance from the centre. At "
                       "spread 0 all distances are 1 and the counts 2 to 20; at .5 they "
                       "fall from 60 to 0 with the distance; at 1 a steep curve from 168 to 0.")
assert hub_rho[1] < -0.9 and hub_rho[0] > -0.35 and hub_rho[0.3] < -0.6

# %% tags=["F-hub-law"]
hub_shared_place = {}
for d in (2, 500):
    points = centred(hubness.switched(1000, d, seed=0))
    distance = np.linalg.norm(points, axis=1)
    lists = hubness.nearest_columns(
        hubness.similarities(points, measure="distance"), 10, exclude_self=True)
    rho = hub_shared_place[d] = spearmanr(distance, distance[lists].mean(axis=1)).statistic
    print(f"Gaussian, d = {d:3d}: distances differ by {distance.std() / distance.mean():.0%}; own "
          f"distance against the mean of one's neighbours': rank correlation {rho:.2f}")
assert hub_shared_place[2] > 0.95 and abs(hub_shared_place[500]) < 0.25

# %% [markdown]
# Yes, for mild ones: at a third of the 3% the skewness is 1.1 (by lot: .3) and the rank correlation
# of $N_k$ with the distance to the centre −.82; at 1 they are 3.8 and −.93. Here the cause is the
# *spread of the distances to the centre*. It needs dimensions to work in. With $d=2$ the distances
# differ by half, but neighbours share a place, and with it their distance to the centre (rank
# correlation 1.00). With 500 everybody lists the same central points, wherever they are themselves
# (.07).

# %% [markdown]
# ### And with cosines?
#
# A cosine looks at directions only, so those distances cannot matter. But directions need not fill
# the sphere evenly. Three switches: the distance of the whole cloud from the origin; the number of
# clouds; and *long axes*, where the variance along axis $i$ falls as $1/i$ before the points are
# moved to the sphere.
#
# **Before you run the next cell:** which of them lose their hubs by **centring**, which subtracts
# the mean?

# %% tags=["F-hub-law", "F-csls"]
def hub_centred_by(points, groups):
    return np.concatenate([centred(points[groups == g]) for g in np.unique(groups)])

hub_cosine = {}
print(f"skewness, 3 draws                 {'as it is':14s}{'centred':14s}each cloud by itself")
for key in ((0, 1, 0), (0.25, 1, 0), (1, 1, 0), (1, 5, 0), (0, 1, 1)):
    offset, clusters, axes = key
    for seed in range(3):
        points = hubness.switched(1000, 500, seed, 0, offset, clusters, axes)
        groups = np.arange(1000) % clusters
        hub_cosine.setdefault(key, []).append([
            hubness.summarise(hub_measured(version, "cosine")).skew
            for version in (points, centred(points), hub_centred_by(points, groups))])
    low, high = np.min(hub_cosine[key], axis=0), np.max(hub_cosine[key], axis=0)
    label = "long axes" if axes else f"{offset:4} off the origin"
    print(f"{clusters} cloud(s), {label:20s} " + "  ".join(
        f"{a:.2f} to {b:.2f}" for a, b in zip(low[:clusters + 1], high, strict=False)))
    assert (low[0] > 0.8) == (key != (0, 1, 0)) and (low[1] > 1.2) == (axes + clusters > 1)
    assert axes or high[2] < 0.5
middles = hubness.switched(1000, 500, 0, 0, 1, 5).reshape(200, 5, 500).mean(axis=0)
hub_ratio = np.linalg.norm(centred(middles), axis=1) / np.linalg.norm(middles, axis=1)
print(f"the five middles: distance from the common mean / from the origin {hub_ratio.mean():.2f}")
assert abs(hub_ratio.mean() - 0.8**0.5) < 0.03

# %% [markdown]
# One sphere around the origin: no hubs. Moved away, even by a quarter of its radius: hubs. Centred:
# gone. With five spheres centring changes nothing: it moves the origin to the middle *between*
# them, and each is still nearly as far from it as before (.9 of the way, $\sqrt{4/5}$). Nor does it
# help with long axes, towards both ends of which the points crowd.
#
# So, given many dimensions, hubs lie where a cloud is *denser* than elsewhere (Low et al. 2013).
# That can be *global*, towards the common mean, or *local*: in the middle of a region, or at the
# ends of a long axis. Centring sees only the first.

# %% [markdown]
# ### What of this is in the real spaces?
#
# Three repairs. **Centring** takes away the common mean. **Half whitening** (part 2) centres and
# shortens long axes. **Local scaling** ranks candidates by the cosine minus half of *their* $r$, a
# point's mean similarity to its own ten nearest (half, because CSLS below takes it off twice the
# cosine). The next cell tries them on the spaces and on three made-up clouds. Beside each stands a
# *Gaussian alike*: one cloud with the same covariance around the origin, so with long axes but no
# regions.
#
# **Before you run the next cell:** which repair alone takes off most of the skewness?

# %% tags=["S-hubness", "F-csls"]
from helpers.high_dimensions import gaussian_like
from helpers.whitening import principal_axes

hub_maps, hub_repaired = {}, {}
hub_made = {"1 cloud off": (1, 1, 0), "5 clouds": (1, 5, 0), "long axes": (0, 1, 1)}
print("skewness    as it is  centred  half white  scaled  with centring  Gaussian alike   orphans")
for name in (*spaces, *hub_made):
    vectors = (spaces[name][:5000] if name in spaces
               else hubness.switched(1000, 500, 0, 0, *hub_made[name]))
    half = principal_axes(vectors).whitening(strength=0.5)(vectors)
    alike = gaussian_like(centred(vectors), len(vectors), np.random.default_rng(0))
    row = {key: hubness.summarise(hub_measured(version, "cosine"))
           for key, version in (("half", half), ("alike", alike))}
    for key, version in (("", vectors), ("centred", centred(vectors))):
        s, unit = hubness.similarities(version), unit_rows(version)
        counts, r = hubness.k_occurrence(s, 10), hubness.nearness(s, 10, exclude_self=True)
        row[key] = hubness.summarise(counts)
        row[key + "scaled"] = hubness.summarise(hubness.k_occurrence(s - r / 2, 10))
        along = unit_rows(unit.mean(axis=0, keepdims=True))[0] @ unit.T
        rho = spearmanr(along, counts).statistic
        hub_maps[f"{name} {key}".strip()] = Cloud(
            along, counts, f"{name} {key}".strip() + f": rank correlation {rho:+.2f}")
    hub_repaired[name] = {key: hubs.skew for key, hubs in row.items()}
    print(f"{name:11s}" + "{:9.2f}{:9.2f}{:12.2f}{:8.2f}{:15.2f}{:16.2f}".format(*(
        row[key].skew for key in ("", "centred", "half", "scaled", "centredscaled", "alike")))
          + f"   {row[''].orphans:.1%}, centred {row['centred'].orphans:.1%}")
for name, skews in hub_repaired.items():
    assert skews["scaled"] < 0.65 * skews[""]
    assert name not in spaces or (skews["centredscaled"] < 0.9 and skews["scaled"] < skews["half"]
                                  < skews["centred"] < 0.95 * skews[""])
    assert name in hub_made or skews["alike"] > 0.9 * skews["centred"]

# %% tags=["S-hubness"]
hub_shown = {name: cloud for name, cloud in hub_maps.items() if "tagger" in name or "Mini" in name}
live, static = hub_map(hub_shown, hub_verses, 10, "cosine with the mean direction",
                       shown=("tagger", "MiniLM", "tagger centred"))
plots.show_interactive(live, static, alt="k-occurrence of 1,000 verses against the cosine with the "
                       "mean direction. As they come, both encoders' hubs are at the right end. "
                       "The centred tagger's cosines are spread around 0, and hubs stand at "
                       "both ends.")
hub_tilt = {name: spearmanr(c.place, c.counts).statistic for name, c in hub_shown.items()}
assert all(hub_tilt[name] > 0.5 > 0.2 > abs(hub_tilt[name + " centred"])
           for name in ("tagger", "MiniLM"))

# %% [markdown]
# Local scaling: alone it takes off about three fifths, centring a tenth to a third, half whitening
# a sixth to a half; centring and scaling together leave .4 to .8. But scaling works on all three
# made-up clouds: its success does not tell which cause a space has.
#
# Hover over the hubs to read them. As they come, they lie along the mean direction (rank
# correlation .70 and .66). Centring cuts that tie, and with it most of the tagger's orphans (14% to
# 3%). Then hubs are at *both* ends. The Gaussian alike has as many or more, so long axes are
# *enough* for what centring leaves. Whether there are regions too, this does not decide: the five
# clouds and their Gaussian come to the same (1.8 and 1.7).

# %% [markdown]
# ### A search, and a repair that knows both sides
#
# Now queries and targets are two sets, and $N_{10}$ counts in how many queries' lists a target
# stands. **CSLS**, cross-domain similarity local scaling (Lample, Conneau et al. 2018), lowers each
# similarity $s$ by the neighbourhoods of *both* sides:
#
# $$\text{CSLS}_{ij}=2s_{ij}-r_i-r'_j.$$
#
# $r_i$ is the mean similarity of query $i$ to its $k$ nearest *targets*, $r'_j$ that of target $j$
# to its $k$ nearest *queries*. What many queries find near must be better than that to win.

# %% [markdown] exercise="X-csls"
# ### CSLS
#
# Return the table of $2s_{ij}-r_i-r'_j$ for similarities of $n$ queries (rows) to $m$ targets
# (columns): $r_i$ is the mean of the `k` largest values of row $i$, $r'_j$ that of column $j$.
# Where there are fewer than `k`, take the mean of all. The sets are different, so the diagonal is
# nothing special, and $n$ and $m$ may differ. Compute in 64 bits, also for 32-bit input. Lists are
# accepted; inputs stay as they are.

# %% solution="X-csls"
def csls(similarity: np.ndarray, k: int) -> np.ndarray:
    """Lower similarities by how near both sides are to their neighbours in the other set.

    Parameters
    ----------
    similarity : array_like (n, m)
        Of n queries to m targets.
    k : int
        At least 1; may exceed n and m.

    Returns
    -------
    ndarray (n, m)
    """
    ### BEGIN SOLUTION
    similarity = np.asarray(similarity, dtype=float)
    of_rows = np.sort(similarity, axis=1)[:, -k:].mean(axis=1)
    of_columns = np.sort(similarity, axis=0)[-k:].mean(axis=0)
    return 2 * similarity - of_rows[:, None] - of_columns
    ### END SOLUTION


# %% check="X-csls"
check("X-csls", csls)
### BEGIN HIDDEN TESTS
check("X-csls", csls, seed=7352, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `np.sort` puts the largest last: `np.sort(similarity, axis=1)[:, -k:]` are the `k` largest of each
# row, or all if there are fewer.
#
# </details>
# <details><summary>Hint 2 (nearly all of it)</summary>
#
# Their mean along `axis=1` has shape $(n,)$; subtract it as `of_rows[:, None]`. For the columns use
# `axis=0` and `[-k:]`.
#
# </details>

# %% [markdown]
# Seven ways to search: by dot product; by Euclidean distance; by cosine; by cosine after
# subtracting the targets' mean from both sides; after subtracting from each side its own mean; CSLS
# on the cosines; CSLS after centring each side. (Means and $r$ are those of all 1,000 queries; a
# real search takes them from a log.)
#
# **Before you run the next cell:** name the best and the worst for the tagger, by the share of
# queries whose verse comes first (**precision@1**). Is the one with the fewest hubs the best?

# %% tags=["S-hubness", "F-csls"]
def hub_searches(queries, targets):
    cosine, both = (hubness.similarities(*pair) for pair in (
        (queries, targets), (centred(queries), centred(targets))))
    middle = targets.mean(axis=0)
    return {"dot product": hubness.similarities(queries, targets, "dot"),
            "Euclidean distance": hubness.similarities(queries, targets, "distance"),
            "cosine": cosine, "minus the targets' mean": hubness.similarities(
                queries - middle, targets - middle),
            "minus each side's mean": both, "CSLS": hubness.csls(cosine, 10),
            "each mean, then CSLS": hubness.csls(both, 10)}

# %% tags=["F-csls"]
hub_table = {}
for encoder in ("tagger", "MiniLM"):
    queries, targets = kjv_layers[encoder][-1], layers[encoder][-1]
    hub_apart = np.linalg.norm(queries.mean(axis=0) - targets.mean(axis=0))
    print(f"{encoder}: the two means are {hub_apart:.2f} apart; a verse is "
          f"{np.linalg.norm(centred(targets), axis=1).mean():.1f} from its mean")
    assert 0.3 < hub_apart < 1.3
    scores_of = hub_searches(queries, targets)
    for name, scores in scores_of.items():
        found = hubness.summarise(hubness.k_occurrence(scores, 10, exclude_self=False))
        hub_table[encoder, name] = (hubness.precision_at_1(scores), found)
        print(f"   {name:24s} precision@1 {hubness.precision_at_1(scores):.3f}   skewness "
              f"{found.skew:5.2f}, greatest {found.largest:3d}, orphans {found.orphans:.1%}")
    first, hubs = ({name: hub_table[encoder, name][i] for name in scores_of} for i in (0, 1))
    assert max(first, key=first.get) == min(hubs, key=lambda name: hubs[name].skew)
    assert first["CSLS"] > first["cosine"] + 0.003 and max(first.values()) < 0.99
    assert abs(first["minus each side's mean"] - first["cosine"]) < 0.015
    assert hubs["minus the targets' mean"].orphans < hubs["cosine"].orphans
assert hub_table["tagger", "dot product"][1].largest > 900
assert (hub_table["tagger", "minus the targets' mean"][0]
        < hub_table["tagger", "cosine"][0] - 0.01)

# %% [markdown]
# There is the interviewer's search: by dot product, one verse is in 995 of the tagger's 1,000
# lists. That is a matter of length (part 2), and the cosine ends it.
#
# Centring each side, then CSLS, has the fewest hubs *and* finds the most, for both encoders; in
# MiniLM even the order of the seven is nearly the same. But one does not follow from the other.
# Subtracting the *targets'* mean from both sides took the tagger's orphans from 4.4% to 1.8% and
# found 2.8 points *fewer*: the two means lie .96 apart, where a verse lies 4.3 from its mean. Each
# side needs its own; that left .6% of orphans, and found no more than the cosine (.815). CSLS
# gained 3.4 points.

# %% [markdown]
# ### Which of the two r does the work?
#
# **Before you run the next cell:** for one query, what do $r_i$ and $r'_j$ do to the order of the
# targets?

# %% tags=["F-csls"]
s = hubness.similarities(kjv_layers["tagger"][-1], layers["tagger"][-1])
r_query, r_target = hubness.nearness(s, 10)[:, None], hubness.nearness(s.T, 10)
for name, scores in (("2 s", 2 * s), ("2 s - r(query)", 2 * s - r_query),
                     ("2 s - r(target)", 2 * s - r_target), ("CSLS", hubness.csls(s, 10))):
    moved = (scores.argmax(axis=1) != s.argmax(axis=1)).sum()
    print(f"{name:16s} precision@1 {hubness.precision_at_1(scores):.3f}, "
          f"another first target than s for {moved} queries")
    assert (moved == 0) == ("target" not in name and name != "CSLS")
won = hubness.csls(s, 10).argmax(axis=1) == np.arange(1000)
had = s.argmax(axis=1) == np.arange(1000)
print(f"CSLS found {(won & ~had).sum()} verses that cosine missed, and lost {(had & ~won).sum()}")
stored = np.hstack([2 * unit_rows(layers["tagger"][-1]), -r_target[:, None]])
asked = np.hstack([unit_rows(kjv_layers["tagger"][-1]), np.ones((1000, 1))])
assert np.allclose(asked @ stored.T, 2 * s - r_target)
assert (won & ~had).sum() > 2 * (had & ~won).sum()

# %% [markdown]
# $r_i$ is one number for a whole row, so it cannot change that row's order; it only makes different
# queries comparable. All the work is done by $r'_j$, and that can be stored with the target as one
# more coordinate: $[2\mathbf u_j,\,-r'_j]\cdot[\mathbf u_i,\,1]$ is a dot product, which any index
# for dot products can search (not one that normalises).
#
# **Before you run the next cell:** so far $r'$ knew all the test's queries. Is the gain still there
# when it comes from 500 *other* queries? And from the targets among themselves?

# %% tags=["F-csls"]
hub_log = []
other = s.copy()
np.fill_diagonal(other, -np.inf)  # a target's own translation would give away wrong answers
for seed in range(5):
    new, log = np.split(np.random.default_rng(seed).permutation(1000), 2)
    hub_log.append([hubness.precision_at_1(2 * s[new] - r, new) for r in (
        0, hubness.nearness(other[log].T, 10), hubness.nearness(s[new].T, 10),
        hubness.nearness(hubness.similarities(layers["tagger"][-1]), 10, exclude_self=True))])
hub_log = np.array(hub_log)
print(f"tagger, 500 new queries, 5 draws: cosine {hub_log[:, 0].mean():.3f}")
gain_log, gain_own, gain_targets = (hub_log[:, 1:] - hub_log[:, :1]).T
for label, gain in (("500 others", gain_log), ("themselves", gain_own), ("targets", gain_targets)):
    print(f"   r' from {label:11s} {gain.mean():+.3f} ({gain.min():+.3f} to {gain.max():+.3f})")
assert gain_log.min() > 0 and gain_own.min() > 0 and gain_log.mean() > 0.012
assert gain_targets.mean() < 0.01 and (gain_targets < gain_log).all()

# %% [markdown]
# 500 other queries do nearly as well as the test's own. (We left out each target's own translation:
# a logged verse is never the answer to a new query here, so that would lower wrong answers only.)
# The targets' $r$ among themselves took hubs away above; for those who *ask* it is of no use.

# %% [markdown]
# ### When CSLS hurts
#
# CSLS takes it for granted that no target deserves to be near to many queries. Suppose that users
# want 50 verses 20 times each, in varying words (imitated by noise as large as the signal: as long
# as a query typically is from the queries' mean), instead of 1,000 verses once each.
#
# **Before you run the next cell:** what will CSLS do?

# %% tags=["F-csls"]
hub_demand = {}
for encoder in ("tagger", "MiniLM"):
    queries, targets = kjv_layers[encoder][-1], layers[encoder][-1]
    length = np.linalg.norm(centred(queries), axis=1).mean() / queries.shape[1] ** 0.5
    for wanted in (1000, 200, 50):
        for seed in range(5):
            rng = np.random.default_rng(seed)
            right = np.repeat(rng.permutation(1000)[:wanted], 1000 // wanted)
            asked = queries[right] + length * rng.normal(size=queries.shape)
            s = hubness.similarities(asked, targets)
            hub_demand.setdefault((encoder, wanted), []).append([
                hubness.precision_at_1(scores, right) for scores in (s, hubness.csls(s, 10))])
        plain, lowered = np.transpose(hub_demand[encoder, wanted])
        print(f"{encoder}, {wanted:4d} wanted: cosine {plain.mean():.3f}, CSLS "
              f"{lowered.mean():.3f}; gain " + " ".join(f"{gain:+.3f}" for gain in lowered - plain))
hub_gain = {key: np.diff(values)[:, 0] for key, values in hub_demand.items()}
assert all((hub_gain[encoder, 1000] > 0).all() and hub_gain[encoder, 50].mean() < -0.005
           and 0 < hub_gain[encoder, 200].mean() < hub_gain[encoder, 1000].mean()
           for encoder in ("tagger", "MiniLM"))

# %% [markdown]
# With every verse wanted once, CSLS gains in every draw; with 200 wanted five times each it gains
# less; with 50 wanted twenty times each it *loses*, on average some 3 and 2.5 points (for the
# tagger in four of five draws). These targets are near to many queries because they are the answer,
# and $r'_j$ cannot know. CSLS fits where targets are wanted about equally often, as in translation.

# %% [markdown]
# ### Two spaces, one dictionary
#
# CSLS was made for translating words. Two trainings share no axis. A dictionary of known pairs
# (rows of $X$ and $Y$) gives the rotation $W$ that minimises $\|XW-Y\|$ (**orthogonal Procrustes**:
# one singular value decomposition). With the most frequent words as the dictionary we translate
# 1,000 rarer ones from `own` to `own_again`, among 5,000 candidates.
#
# **Before you run the next cell:** how many pairs does it need for a precision of .9?

# %% tags=["S-csls"]
hub_translated = {}
source, target = unit_rows(own.vectors[:5000]), unit_rows(own_again.vectors[:5000])
for pairs in (50, 100, 1000):
    rotation = hubness.align(source[:pairs], target[:pairs])
    s = hubness.similarities(source[4000:] @ rotation, target)
    for label, scores in (("cosine", s), ("CSLS", hubness.csls(s))):
        first = hubness.precision_at_1(scores, np.arange(4000, 5000))
        hubs = hubness.summarise(hubness.k_occurrence(scores, 10, exclude_self=False))
        hub_translated[pairs, label] = first
        print(f"{pairs:4d} pairs, {label:6s} precision@1 {first:.3f}, skewness {hubs.skew:.1f}, "
              f"greatest {hubs.largest}")
assert hub_translated[50, "CSLS"] > hub_translated[50, "cosine"] + 0.05
assert hub_translated[100, "cosine"] > 0.9 > hub_translated[50, "CSLS"] + 0.1
assert hub_translated[1000, "cosine"] > 0.98

# %% [markdown]
# A hundred pairs find .98, and 1,000 leave nothing to improve: two trainings on the same text
# nearly *are* rotations of each other. With 50 pairs for 100 dimensions the map is bad, one target
# stands in 84 of 1,000 lists, and CSLS lifts precision@1 from .32 to .51.

# %% [markdown]
# ### Q15: hubness
#
# > **An interviewer asks:** “What is hubness, where does it come from, and which two remedies have
# > you measured?”
#
# One remedy is missing: join two points only if *each* lists the other.

# %% [markdown] exercise="Q15-mutual"
# ### Only mutual neighbours
#
# Row $i$ of `neighbours` lists the numbers of point $i$'s $k$ nearest others, each once, in any
# order. Return the pairs of points that list each other, as a table with one row $(i, j)$ a pair,
# $i<j$, sorted by $i$ and then $j$; if there is none, an empty table of shape (0, 2) or an empty
# list. Lists are accepted; inputs stay as they are.

# %% solution="Q15-mutual"
def mutual_pairs(neighbours: np.ndarray) -> np.ndarray:
    """Find the edges of the mutual graph of nearest neighbours.

    Parameters
    ----------
    neighbours : array_like of int (n, k)
        0 to n - 1, never the row's own number.

    Returns
    -------
    ndarray of int (e, 2)
    """
    ### BEGIN SOLUTION
    lists = [set(row) for row in neighbours]
    pairs = []
    for i, listed in enumerate(lists):
        for j in sorted(listed):
            if i < j and i in lists[j]:
                pairs.append((i, j))
    return np.array(pairs, dtype=int).reshape(len(pairs), 2)
    ### END SOLUTION


# %% check="Q15-mutual"
check("Q15-mutual", mutual_pairs)
### BEGIN HIDDEN TESTS
check("Q15-mutual", mutual_pairs, seed=7353, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `lists = [set(row) for row in neighbours]` makes a set of each row, quick to search.
#
# </details>
# <details><summary>Hint 2 (nearly all of it)</summary>
#
# For `i` in order and `j` in `sorted(lists[i])`, keep $(i, j)$ if `i < j and i in lists[j]`.
# `np.array(pairs, dtype=int).reshape(len(pairs), 2)` has the right shape also without pairs.
#
# </details>

# %% [markdown]
# **Before you run the next cell:** what share of the tagger's verses will have no mutual neighbour
# at all? And in the search: how often is the first target right, if the target found has the query
# among *its* ten nearest queries, and how often if not?

# %% tags=["S-mutual-knn"]
for encoder in ("tagger", "MiniLM"):
    targets = layers[encoder][-1]
    lists = hubness.nearest_columns(hubness.similarities(targets), 10, exclude_self=True)
    degree = hubness.mutual_graph(lists).sum(axis=1)
    s = hubness.similarities(kjv_layers[encoder][-1], targets)
    first, back = s.argmax(axis=1), hubness.nearest_columns(s.T, 10)
    returned = (back[first] == np.arange(1000)[:, None]).any(axis=1)
    right, best = first == np.arange(1000), np.sort(s, axis=1)
    sure = np.argsort(best[:, -1] - best[:, -2], kind="stable")[(~returned).sum():]
    print(f"{encoder}: largest degree {degree.max()} (greatest hub {hub_found[encoder].largest}), "
          f"{degree.sum() / 10_000:.0%} of the arrows are returned, "
          f"isolated {(degree == 0).mean():.1%}")
    print(f"   search: returned for {returned.mean():.1%} of the queries; the first is right "
          f"for {right[returned].mean():.1%} of these and for {right[~returned].mean():.1%} of "
          f"the {(~returned).sum()} others")
    print(f"   as many with the largest gap between first and second: {right[sure].mean():.1%}")
    assert degree.max() <= 10 and (degree == 0).mean() > hub_found[encoder].orphans
    assert right[returned].mean() > right.mean() + 0.003 > right[~returned].mean() + 0.4
    assert encoder == "MiniLM" or right[returned].mean() > right[sure].mean() + 0.005

# %% [markdown]
# In the **mutual k-NN graph** nobody has more than $k$ neighbours: hubs are gone by construction.
# So are two thirds of the tagger's arrows (an *arrow* leads from a point to one in its list), and
# 23% of its verses are isolated: who lists only hubs gets nothing back. As a *filter* it does well:
# an answer that is returned is right in 92% of the tagger's cases, one that is not in a quarter.
# (Keeping as many by the gap between first and second cosine: 90%.) It tells when to show nothing,
# or to ask a slower model.

# %% [markdown] exercise="Q15-conclusions"
# ### What follows about hubs?
#
# Which of these statements follow from what you measured? Assign a set of letters.
#
# - **A.** The Gaussian's hubs went away when all its points were moved to one distance from the
#   centre, with all directions kept.
# - **B.** In 500 dimensions any cloud of points has hubs.
# - **C.** A hub is a neighbour of about $\sqrt N$ of the $N$ points.
# - **D.** With cosines, a common mean direction makes hubs; centring removes those, and leaves
#   those that have a local cause.
# - **E.** CSLS finds more because it subtracts $r$ of the query from the query's similarities.
# - **F.** CSLS can do harm, when few targets are rightly wanted by many queries.
# - **G.** Centring left the tagger with fewer hubs and orphans; therefore it found more verses.

# %% solution="Q15-conclusions"
chosen_q15 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q15 = {"A", "D", "F"}
### END SOLUTION

# %% check="Q15-conclusions"
check("Q15-conclusions", chosen_q15)
### BEGIN HIDDEN TESTS
check("Q15-conclusions", chosen_q15, seed=7354, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# **Your turn to answer.** “What is hubness, where does it come from, and what helps?” Write 200 to
# 300 words.
#
# <details><summary>Rubric (4 points)</summary>
#
# 1. What: $N_k$, its mean, skewness, orphans, with figures; what it does to a search.
# 2. Cause, by Euclid and by cosine, with the experiment that switched it off; why not $1/d$, nor
#    $\sqrt N$.
# 3. Two remedies with figures, and what each can and cannot remove.
# 4. Limits: fewer hubs are not better ranks; when CSLS hurts, or what the mutual graph costs.
# </details>

# %% [markdown] written="Q15-written" points=4
# **What it is.** $N_k$ counts in how many lists of $k$ nearest neighbours a point stands. Its mean
# is $k$; hubness is its skew: a few points in very many lists, orphans in none. All our spaces had
# it under the cosine (skewness 1.6 to 2.9; by lot .3); the tagger's greatest hub was in 125 of
# 1,000 lists, 14% of its verses in none. In a search, hubs take places from right answers, and
# orphans are never found.
#
# **Where it comes from.** A point near the centre is a little nearer to everybody. For a Gaussian
# in 500 dimensions $N_{10}$ had a rank correlation of −.93 with the distance to the centre, and
# moving all points to one distance removed the hubs, though all cosines (variance $1/d$) stayed.
# Nor is there a $\sqrt N$ law: of 4,000 Gaussian points one was in 446 to 655 lists, by the draw,
# of the sphere's the greatest in 23. With cosines hubs lie towards the common mean direction, and
# wherever the cloud is denser: in a region, or at the ends of long axes.
#
# **What helps.** Centring removes the global part: the tagger's orphans in the search went from
# 4.4% to .6%, but no more verses were found (.815 before and after). CSLS, $2s_{ij}-r_i-r'_j$, is
# local: $r'_j$ lowers targets that many queries find near ($r_i$ cannot change a query's order),
# and may come from a log. Precision@1 went from .815 to .849, after centring to .859. A mutual
# graph bounds every degree by $k$, but isolated 23%.
#
# **Limits.** Count hubs to diagnose; judge by what is found. Some hubs are deserved: when 50 verses
# were wanted 20 times each, CSLS lost against the plain cosine.

# %% [markdown]
# ## 4. High dimensions
#
# > **An interviewer asks:** “Your vectors have 768 dimensions. By the curse of dimensionality all
# > distances become equal there. So is cosine similarity not meaningless?”
#
# Half of this is a theorem, which takes three lines. The other half forgets to ask
# *which data*. You will measure how distances concentrate, why they do so much less in your four
# spaces, and when dimensions help or hurt. There is no graded exercise here, only predictions.
#
# Before you read on, answer the interviewer in three sentences. You will improve them at the end.

# %% [markdown]
# ### How fast do distances become equal?
#
# Draw two points $\mathbf x,\mathbf y$ from a round Gaussian cloud (mean 0, variance 1 in each of
# $d$ dimensions).
#
# 1. A difference $x_j-y_j$ is normal with variance 2, so its square has mean 2 and variance 8 (the
#    square of a normal variable with mean 0 and variance $v$ has mean $v$ and variance $2v^2$).
# 2. $\lVert\mathbf x-\mathbf y\rVert^2$ adds $d$ of them: mean $2d$, standard deviation
#    $\sqrt{8d}$, which is $\sqrt{2/d}$ of the mean.
# 3. A square root halves small relative changes. So the **coefficient of variation** of the
#    distance (CV, standard deviation over mean) is about $\tfrac12\sqrt{2/d}=1/\sqrt{2d}$.

# %% [markdown]
# **As it is usually told:** “at $d=100$ all distances are within 10% of their mean”, and “the ratio
# of distances (it is not said of which) is $\sqrt{1+2/d}$”. **Before you run the next cell:** how
# many standard deviations are 10% of the mean at $d=100$? What share of the distances lies within?
# And at $d=1000$?

# %% tags=["F-distance-cv", "F-d100"]
from scipy.stats import chi

from helpers.high_dimensions import pair_distances

dim_rng, dim_within = np.random.default_rng(0), {}
print("   d     CV   1/sqrt(2d)   within 10%   exactly   sqrt(1+2/d)   rms/mean of distance²")
for d in (2, 10, 100, 768, 1000):
    distances = pair_distances(dim_rng.normal(size=(1000, d)))
    cv = distances.std() / distances.mean()
    dim_within[d] = (abs(distances / distances.mean() - 1) < 0.1).mean()
    exact = np.diff(chi.cdf(chi.mean(d) * np.array([0.9, 1.1]), d))[0]
    rms = math.sqrt((distances**4).mean()) / (distances**2).mean()
    print(f"{d:4} {cv:8.4f} {1 / math.sqrt(2 * d):9.4f} {dim_within[d]:13.2%} {exact:10.2%} "
          f"{math.sqrt(1 + 2 / d):11.4f} {rms:16.4f}")
    assert abs(dim_within[d] - exact) < 0.02 and abs(rms - math.sqrt(1 + 2 / d)) < 0.06
    assert d == 2 or abs(cv * math.sqrt(2 * d) - 1) < 0.04
assert 0.82 < dim_within[100] < 0.86 and dim_within[1000] > 0.999

# %% [markdown]
# The three lines hold from $d=10$ on. But at $d=100$ the CV is 7%, so 10% are only 1.4 standard
# deviations, and (exactly) 84% of the distances lie within, not all. At 1000 nearly all do.
#
# The other formula belongs to something else: $\sqrt{1+2/d}$ is the root mean square of the
# *squared* distance over its mean. It goes to 1 as it must, but hides how fast: 1.01 at $d=100$
# sounds like “within 1%”, while the distances have a CV of 7%.

# %% [markdown]
# ### Watch it, for three kinds of data
#
# All three have 500 points and as many dimensions as the slider says:
#
# - **one cloud**: the Gaussian from above;
# - **5 clouds** of this kind, whose centres are twice as widely spread as the points of a cloud;
# - **8 in d**: a Gaussian cloud of 8 dimensions, laid into $d$ by a random rotation.
#
# **Before you press Play:** which of the histograms shrink to a point as $d$ grows?

# %% tags=["S-concentration"]
from helpers.high_dimensions import clouds
from helpers.plots.high_dimensions import concentration_player

dim_frames = {}
for d in (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048):
    rng = np.random.default_rng(d)
    turn = np.linalg.qr(rng.normal(size=(d, min(d, 8))))[0]  # d x 8, orthonormal columns
    kinds = {"one cloud": clouds(500, d, rng, apart=0),
             "5 clouds": clouds(500, d, rng, clusters=5, apart=2),
             "8 in d": rng.normal(size=(500, min(d, 8))) @ turn.T}
    dim_frames[d] = {name: pair_distances(points) for name, points in kinds.items()}
live, static = concentration_player(dim_frames, shown=[2, 16, 128, 2048])
plots.show_interactive(live, static, alt="Histograms of distances over their mean for d = 2, 16, "
                       "128, 2048. One cloud shrinks to a spike at 1. Five clouds become two "
                       "spikes, at .50 and 1.12. Eight dimensions in d stay equally wide.")

# %% tags=["S-concentration"]
first, second = np.triu_indices(500, 1)
same_cloud = first % 5 == second % 5
for d in (16, 2048):
    dim_last = {name: values / values.mean() for name, values in dim_frames[d].items()}
    print(f"d = {d:4}: CV of", ", ".join(f"{name} {r.std():.3f}" for name, r in dim_last.items()))
    near, far = (dim_last["5 clouds"][mask] for mask in (same_cloud, ~same_cloud))
    print(f"          5 clouds: same cloud {near.mean():.2f} ± {near.std():.3f} of the mean, "
          f"another cloud {far.mean():.2f} ± {far.std():.3f}")
assert dim_last["one cloud"].std() < 0.02 and dim_last["8 in d"].std() > 0.22
assert abs(near.mean() - 0.5) < 0.02 and abs(far.mean() - 1.12) < 0.02 and far.std() < 0.04

# %% [markdown]
# Only the single cloud loses its contrast. With 5 clouds, each *kind* of distance concentrates,
# “same cloud” at .50 of the mean and “another cloud” at 1.12, so the two become ever easier to tell
# apart. The flat cloud does not notice dimensions that it does not use. The theorem is about **many
# nearly independent dimensions of one cloud**, not about the length of the array. (Beyer et al.
# 1999, who asked when “nearest neighbour” has a meaning, name both exceptions.)

# %% [markdown]
# ### And your four spaces?
#
# **Before you run the next cell:** random directions in 768 dimensions have distances with a CV of
# 1.8%. Guess the tagger's.
#
# The question is about cosines, so we centre (part 1) and bring all vectors to length 1. Then
# distance² = 2 − 2 cos. As the cosine of random directions has variance $1/d$, their distances have
# a CV of $1/(2\sqrt d)$: smaller than the $1/\sqrt{2d}$ above, since the lengths no longer vary.
# Turned round, **equivalent d** = $1/(4\,\mathrm{CV}^2)$ dimensions of random directions have this
# CV.
#
# We take 1,000 points of each space (of the words every fifth of the 5,000 most frequent) and make
# up two more beside each: **round**, random directions with the same $d$; and **same covariance**, a
# Gaussian cloud with the space's covariance. So unequal directions can be switched on first, and
# then everything that a covariance does not hold.

# %% [markdown]
# Three more columns. **Nearest**: distance to the nearest neighbour over the median distance.
# **Contrast**: (farthest − nearest)/nearest, for the median point (Aggarwal et al. 2001, after
# Beyer et al.). **TwoNN**: a dimension estimated from each point's two nearest neighbours only
# (Facco et al. 2017).

# %% tags=["F-d100", "S-concentration"]
from helpers.anisotropy import centred, unit_rows
from helpers.high_dimensions import contrast, gaussian_like, two_nn_dimension

dim_clouds, dim_table, dim_two_nn, dim_rng = {}, {}, {}, np.random.default_rng(0)
print("                           CV   equivalent d   nearest   contrast   TwoNN")
for name, vectors in spaces.items():
    vectors = vectors[:5000:5] if len(vectors) > 5000 else vectors
    vectors = centred(vectors)
    kinds = {"measured": vectors, "same covariance": gaussian_like(vectors, 1000, dim_rng),
             "round": dim_rng.normal(size=vectors.shape)}
    dim_clouds[name] = {kind: unit_rows(points) for kind, points in kinds.items()}
    for kind, points in dim_clouds[name].items():
        row = dim_table[name, kind] = contrast(points)
        dim_two_nn[name, kind] = two_nn_dimension(points)
        print(f"{name:9s} {kind:15s} {row.cv:.3f} {1 / (4 * row.cv**2):12.0f} {row.nearest:11.2f} "
              f"{row.relative:10.2f} {dim_two_nn[name, kind]:8.0f}")
dim_raw = contrast(layers["tagger"][-1] / np.linalg.norm(layers["tagger"][-1], axis=1)[:, None]).cv
print(f"tagger, not centred: CV {dim_raw:.3f}, equivalent d {1 / (4 * dim_raw**2):.0f}")

# %% tags=["F-d100", "S-concentration"]
from helpers.plots.high_dimensions import distance_panels

plots.show(distance_panels(dim_clouds), alt="Histograms of distances over their mean in four "
           "spaces. Measured and the Gaussian of the same covariance nearly agree, and are "
           "wider than random directions of the same d, most of all for the tagger. Measured ones "
           "reach further to the left.")
for name in spaces:
    measured, same, random_directions = (dim_table[name, kind] for kind in dim_clouds[name])
    assert 0.8 < same.cv / measured.cv < 1.05 and random_directions.cv < 0.78 * measured.cv
    assert measured.nearest < same.nearest - 0.02 < random_directions.nearest - 0.03
dim_equivalent = {name: 1 / (4 * dim_table[name, "measured"].cv ** 2) for name in spaces}
assert 40 < dim_equivalent["tagger"] < 46 and 76 < dim_equivalent["MiniLM"] < 84
assert dim_table["tagger", "measured"].cv > 4 * dim_table["tagger", "round"].cv and dim_raw > 0.11
assert 15 < dim_two_nn["MiniLM", "measured"] < 27 < 45 < dim_two_nn["MiniLM", "same covariance"]
assert 130 < dim_two_nn["tagger", "round"] < 220
assert abs(dim_table["MiniLM", "measured"].nearest - 0.74) < 0.015
assert abs(dim_table["MiniLM", "same covariance"].nearest - 0.83) < 0.025

# %% [markdown]
# The tagger's CV is .077, four times that of random directions. By its distances, this space of 768
# dimensions is one of 43, and MiniLM's 384 are worth 80: part 1's 1/Var (45 and 85) once more. (Not
# centred, the tagger would seem worth 16: beside a long common vector the verses' unequal distances
# from the mean count too.) Effective rank (129 and 151) counts weak directions too, TwoNN sees only
# the nearest two. **A “number of dimensions” without its definition is no figure.**
#
# Two switches, two effects. Unequal directions alone (same covariance) bring the CV to within 15%
# of the measured one, everywhere. They do *not* bring the near neighbours: in MiniLM a
# verse's nearest lies at .74 of the median distance, in the cloud with its covariance at .83.
# TwoNN, which looks at nothing else, says 20 against 55. (Only compare its values: with 1,000
# points it makes 165 of a round 768.) Could *clusters* do that? Switch them on where we know of
# them.

# %% tags=["F-d100"]
dim_rng = np.random.default_rng(0)
for apart in (0, 0.5, 1, 2):
    points = clouds(5000, 384, dim_rng, clusters=100, apart=apart)  # many, for a good covariance
    like = unit_rows(gaussian_like(points, 1000, dim_rng))
    near, near_like = contrast(unit_rows(points[:1000])).nearest, contrast(like).nearest
    print(f"100 clouds {apart:3} apart: nearest {near:.2f}, same covariance {near_like:.2f}")
    assert abs(near - near_like) < 0.015 if apart == 0 else near < near_like - 0.03

# %% [markdown]
# They could: without clusters the two agree; with them the neighbour moves in, and the covariance
# does not know. Clusters *suffice*; whether they are what MiniLM has, distances alone do not prove.

# %% [markdown]
# ### Curse or gift?
#
# A search only needs the *right* point to stand out. So hide 500 needles in a round cloud, each
# with a query near it, and count how many queries find theirs as nearest neighbour.
#
# - **all tell**: query = point + noise of .7 in each of $d$ dimensions;
# - **10 tell**: so it is in the first 10; in the other $d-10$ the query has nothing to do with its
#   point.
#
# **Before you run the next cell:** distances concentrate equally in both. Does the search become
# better or worse with $d$?

# %% tags=["S-concentration"]
from sklearn.metrics.pairwise import euclidean_distances


def dim_found(queries, points):
    return (euclidean_distances(queries, points).argmin(axis=1) == np.arange(len(points))).mean()

dim_needles = {}
for d in (10, 20, 50, 200, 1000):
    rng = np.random.default_rng(d)
    points, other = rng.normal(size=(2, 500, d))
    all_tell = points + 0.7 * rng.normal(size=points.shape)
    few_tell = np.hstack([all_tell[:, :10], other[:, 10:]])
    dim_needles[d] = dim_found(all_tell, points), dim_found(few_tell, points)
    print(f"d = {d:4}: {dim_needles[d][0]:4.0%} found if all tell, {dim_needles[d][1]:4.0%} if 10")
assert 0.45 < dim_needles[10][0] == dim_needles[10][1] < 0.7
assert dim_needles[50][0] > 0.99 and dim_needles[200][1] < 0.03

# %% [markdown]
# From the same start, one rises to 100%, the other falls to nothing, in the same concentrating
# cloud. If every dimension carries a little evidence, concentration is a **gift**: the noise
# concentrates too, so that a difference of a few percent becomes certain. If only a few carry any,
# the others drown them. The curse is one of *irrelevant* dimensions (Houle et al. 2010; Zimek et
# al. 2012).
#
# Now the real thing: 1,000 King James verses search for their World English twin. We append
# dimensions of pure noise, each as wide as the average real one. **Before you run the next cell:**
# does MiniLM lose half of the twins if 80% of its dimensions are useless?

# %% tags=["S-concentration"]
dim_real = {}
for name in ("tagger", "MiniLM"):
    verse_rows, query_rows = unit_rows(layers[name][-1]), unit_rows(kjv_layers[name][-1])
    d, rng = verse_rows.shape[1], np.random.default_rng(0)
    table = euclidean_distances(query_rows, verse_rows)
    twin, wrong = np.diagonal(table), table + np.diag(np.full(1000, np.inf))
    ahead = [np.median((table.mean(axis=1) - x) / table.std(axis=1))
             for x in (twin, wrong.min(axis=1))]
    noise = math.sqrt(verse_rows.var(axis=0).mean())
    dim_real[name] = [*ahead]
    print("{}: twin {:.1f} standard deviations nearer than the average verse, the nearest wrong "
          "verse {:.1f}".format(name, *ahead))
    for times in (0, 1, 4):
        extra = noise * rng.normal(size=(2, 1000, times * d))
        dim_real[name].append(dim_found(np.hstack([query_rows, extra[0]]),
                                        np.hstack([verse_rows, extra[1]])))
        print(f"{times * d:9,} useless dimensions: {dim_real[name][-1]:.1%} found")
assert dim_real["MiniLM"][0] > 8 > 4.5 > dim_real["MiniLM"][1] > 3
assert 4 > dim_real["tagger"][0] > 3 > dim_real["tagger"][1] > 2
assert dim_real["MiniLM"][2] > 0.95 and 0.78 < dim_real["tagger"][2] < 0.85
assert 0.76 < dim_real["MiniLM"][4] < 0.87 and 0.47 < dim_real["tagger"][4] < 0.6

# %% [markdown]
# No. In MiniLM's space a typical twin is nearly nine standard deviations nearer than the average
# verse, the nearest wrong verse not even four; with four useless dimensions for each real one it
# still finds four twins in five. In the tagger's it is 3.4 against 2.5, and 82% fall to 55%. So a
# twin has to beat the *tail* of the crowd, not its mean. Ask for that lead, **right point against
# nearest wrong one**, and simplest for what it makes of the search: recall.

# %% [markdown]
# ### Balls, shells and a peak without a meaning
#
# A ball of radius $R$ has the volume $\pi^{d/2}R^d/\Gamma(d/2+1)$ ($\Gamma$ extends the factorial:
# $\Gamma(n+1)=n!$). What lies deeper than 1% of the radius is a ball of radius $.99R$, so its share
# is $.99^d$ whatever $R$ is.
#
# **As it is usually told:** “in 768 dimensions 99.999999% of the volume lies within 1% of the
# surface”, and “the unit ball is largest at $d=5$; after that, volume vanishes”.
# **Before you run the next cell:** work out $.99^{768}$ roughly ($.99\approx e^{-.01}$). Will the
# peak still be at 5 if the radius is .8 or 1.5?

# %% tags=["F-shell", "F-volume", "S-ball"]
from helpers.high_dimensions import log_ball_volume

dim_shell = 1 - 0.99**768
print(f"within 1% of the surface at d = 768: {dim_shell:.3%}; 99.999999% needs "
      f"d = {math.log(1e-8) / math.log(0.99):,.0f}")
dim_volumes = {d: math.exp(log_ball_volume(d)) for d in range(1, 31)}
dim_cube = {d: volume / 2**d for d, volume in dim_volumes.items()}
print("unit ball:", ", ".join(f"{dim_volumes[d]:.3f} (d = {d})" for d in (2, 4, 5, 6, 20)))
print("share of the cube around it:", ", ".join(f"{dim_cube[d]:.3g} (d = {d})"
                                                for d in (2, 4, 5, 6, 20)))
assert abs(dim_shell - 0.99956) < 1e-5 and max(dim_volumes, key=dim_volumes.get) == 5
assert abs(dim_volumes[5] - 5.264) < 1e-3 and all(np.diff(list(dim_cube.values())) < 0)
dim_peaks = {R: int(np.argmax(log_ball_volume(np.arange(1, 41), R))) + 1 for R in (0.8, 1, 1.5)}
print("largest volume by radius:", ", ".join(f"R = {R}: d = {d}" for R, d in dim_peaks.items()))
assert dim_peaks == {0.8: 3, 1: 5, 1.5: 13}

# %% [markdown]
# The share is 99.956%; that many nines need 1,833 dimensions. And the peak at 5, with a volume of
# 5.264, moves with the *unit of length*: to 3 or 13 with other radii. Square metres and cubic
# metres cannot be compared. Only ratios within one $d$ mean something, such as ball over cube,
# which falls from the start.
#
# All this is about points spread **evenly in a ball**. **Before you run the next cell:** how many
# of your vectors lie within 1% of the longest one?

# %% tags=["F-shell"]
dim_rng = np.random.default_rng(0)
dim_lengths = {"evenly in a ball, d = 768": dim_rng.random(1000) ** (1 / 768),
               "Gaussian, d = 768": np.linalg.norm(dim_rng.normal(size=(1000, 768)), axis=1)}
dim_lengths |= {name: np.linalg.norm(vectors - vectors.mean(axis=0), axis=1)
                for name, vectors in spaces.items()}
for name, lengths in dim_lengths.items():
    print(f"{name:26s} within 1% of the longest {(lengths > 0.99 * lengths.max()).mean():6.1%}; "
          f"CV of the lengths {lengths.std() / lengths.mean():.3f}")
assert (dim_lengths["evenly in a ball, d = 768"] > 0.99).mean() > 0.99
assert all((dim_lengths[name] > 0.99 * dim_lengths[name].max()).mean() < 0.01 for name in spaces)
assert abs(np.std(dim_lengths["Gaussian, d = 768"]) / math.sqrt(768) - 0.024) < 0.002
assert min(dim_lengths[name].std() / dim_lengths[name].mean() for name in spaces) > 0.1

# %% [markdown]
# Hardly any. Lengths (from the mean) vary by 13% and more in your spaces, against .1% in the ball
# and 2.4% in the Gaussian. (The Gaussian does lie in a shell: at $\sqrt{768}=27.7$ from its centre,
# ± .7 in any dimension. Measured from its *longest* point that does not show.) None of the four
# fills a ball evenly, so the theorem about balls is true and says nothing about them.

# %% [markdown]
# ### Random projections: the same law at work
#
# Multiply by a random matrix: each of $m$ new coordinates is a random mix of the $d$ old ones,
# divided by $\sqrt m$. A squared distance becomes a mean of $m$ independent squares, right on
# average, with relative standard deviation $\sqrt{2/m}$. It is the formula from the start of this
# part! So concentration makes random projections work, for any data and any $d$. Entries may be
# normal, or just −1, 0 and 1 (times √3), with two thirds zeros (Achlioptas 2003).
#
# **Before you run the next cell:** from 768 dimensions to 64, three methods, three kinds of
# data. Which method keeps the ten nearest neighbours best, and does it do so everywhere?

# %% tags=["S-jl"]
from sklearn.decomposition import PCA
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from helpers.high_dimensions import jl_epsilon, neighbour_overlap, squared_ratios

dim_methods = {"Gaussian": GaussianRandomProjection(64, random_state=0),
               "sparse": SparseRandomProjection(64, density=1 / 3, random_state=0),
               "PCA": PCA(64, svd_solver="covariance_eigh")}
dim_jl, dim_rng = {}, np.random.default_rng(0)
dim_data = {name: unit_rows(layers[name][-1]) for name in ("tagger", "MiniLM")}
for name, x in (dim_data | {"round": dim_rng.normal(size=(1000, 768))}).items():
    for method, projection in dim_methods.items():
        y = projection.fit_transform(x)
        ratios, kept = squared_ratios(x, y), neighbour_overlap(x, y)
        dim_jl[name, method] = ratios.mean(), ratios.std(), kept
        print(f"{name:7s}{method:9s} distance² x {ratios.mean():.2f} ± {ratios.std():.3f} (from "
              f"{ratios.min():.2f} to {ratios.max():.2f}); of 10 neighbours {kept:.0%} kept")
print(f"sqrt(2/64) = {math.sqrt(2 / 64):.3f}")
for (_, method), (mean, spread, _) in dim_jl.items():
    assert method == "PCA" or abs(spread - math.sqrt(2 / 64)) < 0.02 and abs(mean - 1) < 0.05

# %% [markdown]
# Both random projections err by ±.18 on all three, as promised, though they never look at the data;
# the zeros cost nothing. What the error *does* depends on the contrast: a third of the neighbours
# survives in the encoders' spaces, 5% in the round cloud, where all distances were nearly equal.
# PCA shrinks every distance, yet keeps about twice as many neighbours in the encoders' spaces. In
# the round cloud no direction is better than another; its 16% fit the chance of these 1,000 points.
# (PCA has seen the points on which it is judged, in the encoders' spaces too.)

# %% [markdown]
# **As it is usually told:** “by the lemma of Johnson and Lindenstrauss, 300 to 768 dimensions
# suffice.” The lemma: $m\ge4\ln n/(\varepsilon^2/2-\varepsilon^3/3)$ dimensions are enough to keep
# *all* squared distances of $n$ points within a factor $1\pm\varepsilon$. **Before you run the next
# cell:** compute $m$ for a million points and $\varepsilon=.1$.
#
# Read the other way round: how many directions fit into $d$ dimensions, if cosines up to
# $\pm\varepsilon$ are allowed? Two random ones exceed that with a chance of at most
# $2e^{-d\varepsilon^2/2}$, so at least $e^{d\varepsilon^2/4}$ fit: exponentially many.

# %% tags=["F-jl-dims", "S-jl"]
dim_needed = 4 * math.log(1e6) / (0.1**2 / 2 - 0.1**3 / 3)
print(f"a million points within 10%: m = {math.ceil(dim_needed):,}")
print(f"directions with cosines up to .3 in 768 dimensions: {math.exp(768 * 0.3**2 / 4):,.0f}")
for m in (300, 768):
    promise = jl_epsilon(10**6, m)
    print(f"m = {m}: a million points are promised",
          f"±{promise:.0%}" if promise < 1 else "nothing")
assert math.ceil(dim_needed) == 11_842 and jl_epsilon(10**6, 300) == math.inf
assert 0.44 < jl_epsilon(10**6, 768) < 0.47
assert all(dim_jl[name, "PCA"][2] > 1.6 * dim_jl[name, "Gaussian"][2] for name in dim_data)
assert dim_jl["round", "Gaussian"][2] < 0.08 and 0.12 < dim_jl["round", "PCA"][2] < 0.2

# %% tags=["F-jl-dims", "S-jl"]
from helpers.plots.high_dimensions import search_curves

dim_search, dim_ceiling = {}, {}
for name, x in dim_data.items():
    queries = unit_rows(kjv_layers[name][-1])
    best = PCA(svd_solver="covariance_eigh").fit(x).components_
    dim_ceiling[name] = dim_found(queries, x)
    dim_search[name] = {"PCA": {}, "random projection": {}}
    for m in (8, 16, 32, 64, 128, 256):
        mixed = GaussianRandomProjection(m, random_state=0).fit(x).components_
        for label, matrix in (("PCA", best[:m]), ("random projection", mixed)):
            dim_search[name][label][m] = dim_found(queries @ matrix.T, x @ matrix.T)
    print(f"{name}: all dimensions {dim_ceiling[name]:.1%}; m = 64:",
          ", ".join(f"{label} {shares[64]:.1%}" for label, shares in dim_search[name].items()))
plots.show(search_curves(dim_search, dim_ceiling), alt="Share of King James verses that find their "
           "twin, against m. MiniLM: at 64 dimensions PCA and random projection are near .9. "
           "Tagger: lower, and PCA well ahead of random projection.")
assert all(shares[64] > 0.85 for shares in dim_search["MiniLM"].values())
assert 0.45 < dim_search["tagger"]["random projection"][64] < 0.57
assert dim_search["tagger"]["PCA"][64] > dim_search["tagger"]["random projection"][64] + 0.05

# %% [markdown]
# 11,842 dimensions, 15 times as many as 768. At 768 the lemma promises ±45%, at 300 nothing at all.
# It holds for the *worst pair* of *any* points, so it cannot tell which width learned vectors need.
# (The other count says 32 million: “nearly orthogonal” is cheap.)
#
# The figure can. At 64 dimensions some squared distances have doubled, and still MiniLM, whose
# twins stand out far from the nearest wrong verse, finds nine of ten. The tagger finds half to two
# thirds. Which width is enough is a matter of measuring. What it costs is arithmetic:

# %% [markdown]
# ### What a dimension costs
#
# A table of embeddings has $V\times d$ numbers, one row for each of $V$ words or word pieces.
# **As it is usually told**, in one column “embedding parameters”: Word2Vec 15M, fastText 30M, ELMo
# 100M, BERT-base 23M, BERT-large 31M, GPT-3 617M. **Before you run the next cell:** two of these
# count something else. Which?

# %% tags=["F-params"]
from helpers.parameter_counts import elmo_parameters, transformer_parameters

dim_models = {
    "Word2Vec 50,000 x 300": (50_000 * 300, 2 * 50_000 * 300),  # two matrices in training
    "fastText, 100,000 words": ((100_000 + 2_000_000) * 300, (2 * 100_000 + 2_000_000) * 300),
    "ELMo": elmo_parameters(),
    "BERT-base 30,522 x 768": transformer_parameters(30_522, 768, 12, 512, segments=2, pooler=True),
    "BERT-large 30,522 x 1,024": transformer_parameters(30_522, 1024, 24, 512, segments=2,
                                                        pooler=True),
    "GPT-3 50,257 x 12,288": transformer_parameters(50_257, 12_288, 96, 2048)}
for name, (table, total) in dim_models.items():
    print(f"{name:26s} table {table / 1e6:8.3f}M of {total / 1e6:11,.1f}M = {table / total:6.2%}")
dim_tables = [round(table / 1e6, 2) for table, _ in dim_models.values()]
assert dim_tables == [15, 630, 0, 23.44, 31.25, 617.56]
assert dim_models["ELMo"] == (4192, 93_600_864) and 174e9 < dim_models["GPT-3 50,257 x 12,288"][1]

# %% [markdown]
# 30M would be 100,000 words × 300, but fastText has 2,000,000 more rows by default, for character
# n-grams (lesson 01): 600M. ELMo has *no* table of words, only 262 characters × 16; its “100M” is
# the whole network. In a transformer twice the $d$ means twice the table, but four times each
# layer: so the table is 21% of BERT-base and a third of a percent of GPT-3. Your *index* of
# documents doubles too (lesson 03, part 7).

# %% [markdown]
# ### Answer the interviewer
#
# Is cosine similarity meaningless in 768 dimensions? Improve your three sentences before you unfold
# ours.
#
# <details><summary>A good answer</summary>
#
# For random directions the distances' standard deviation is $1/(2\sqrt d)$ of their mean: 1.8% at
# 768. But embeddings are not random directions. Centred, one encoder's 768 dimensions were worth 43
# by their distances and MiniLM's 384 were worth 80, since directions are unequal; and neighbours
# lay nearer than even the covariance explains. What counts is whether the right point beats the
# nearest wrong one: with MiniLM a twin typically led the average verse by nearly nine standard
# deviations, its nearest rival by not even four. Dimensions that carry evidence make that easier,
# irrelevant ones drown it. So I would not argue about 768. I would measure recall, and this lead,
# on my own data.
#
# </details>

# %% [markdown]
# ## What to take with you
#
# - High cosines are no defect in themselves: a common vector raises them all and can be
#   subtracted. Centre first, then ask how many directions carry the variance. Every measure of
#   “roundness” is blind to something; know to what.
# - The length of a word vector can follow its frequency, and its direction tells the frequency too.
#   Decide whether you want that before you choose dot product or cosine, and test a repair on your
#   task: full whitening, fitted to few points, can destroy what half of it improves.
# - Hubs lie where the cloud is denser: near its centre, near the common mean, in the middle of a
#   region or towards the ends of a long axis. Many dimensions only let that weigh. Count who is in
#   whose list; centring, CSLS and mutual neighbours mend different parts of it.
# - Distances concentrate for *independent* coordinates. Real vectors have far fewer effective
#   dimensions than numbers, and what an encoder was trained to bring near stays near.
# - A law without a measurement is a rumour. Build the space in which its cause can be switched off.
#
# The next lesson takes the vectors as they are and searches among them: which similarity, which
# measure of success, and how to find the nearest of millions without comparing with all.
#
# Save the notebook and type `course check` in a terminal: it shows your points by exercise and
# what to do next. For the model answer to a written question type `course answer Q15-written`: it
# comes a part at a time. (All are in the solution notebook, in `solutions/05_geometry/`.)

# %% [markdown]
# ## Your points
#
# Run this cell for your points so far: the checks above have kept count, and `course check`
# confirms it with other inputs.

# %% tags=["progress"]
from helpers.my_progress import show_progress

show_progress("05_geometry")
