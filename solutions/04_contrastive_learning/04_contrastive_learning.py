# %% [markdown]
# # Lesson 04: Contrastive learning
#
# In lesson 03, pairs of sentences taught an encoder what “similar” means. Here nobody labels
# anything: two random views of the same picture, a picture and its name, or a user and what was
# clicked must end up close together, everything else apart. From this one rule comes a space in
# which digits sort themselves, pictures find their names, and users find items.
#
# You will take the loss apart, train encoders in seconds, watch some of them collapse, and
# measure which of the many sayings about negatives, temperatures and batch sizes hold.
#
# Each part starts with its own question, so you may stop anywhere. Reckon with eight to ten hours
# of your own time, a part an evening.
#
# | part | question | exercises |
# |---|---|---|
# | 1. The loss: InfoNCE, NT-Xent, temperature | what does the loss reward, and what does its temperature do? | X-ntxent, Q11 |
# | 2. SimCLR on handwritten digits | what does an encoder learn without labels, and who else could have taught it? | Q14, Q24 |
# | 3. Negatives: how many, which, and whose | do we need large batches, and what else helps? | X-queue, X-ema, Q12 |
# | 4. Without negatives | what keeps all vectors from becoming one? | X-barlow, Q13 |
# | 5. Sentences, pictures with names, users and items | where do pairs come from outside pictures? | X-clip, X-zero-shot, Q25 |

# %% [markdown]
# ## How to work through it
#
# As before: you are asked to predict before a measurement, so write your guess down. Statements
# marked **as it is usually told** come from common notes and may be wrong; the cell that follows
# decides. The code after an exercise never uses your function, so you can skip one and return to
# it. In an answer use only NumPy, `math` and functions of your own.
#
# You should know cosines, the softmax and cross-entropy; the ranking loss of lesson 03, part 4,
# is a close relative of all that follows. PyTorch code only needs to be read.
#
# These letters stay the same: $N$ pairs in a batch (so $2N$ views), $K$ negatives, $\mathbf h$ what
# the encoder gives, $\mathbf z$ what the head behind it gives, $d$ the width of $\mathbf z$, $s$ a
# similarity, $\tau$ temperature. Others are said anew where they are used. Our pictures are small:
# 8 × 8 and 28 × 28 digits and 1,900 emoji. What works on them shows *how* a method works. It says
# little about photographs, and we shall say so again.

# %% tags=["setup"]
import math

import numpy as np

from helpers import data, plots
from helpers.checks import check

# %% [markdown]
# ## 1. The loss: InfoNCE, NT-Xent, temperature
#
# > **An interviewer asks:** “Your contrastive loss has a temperature. What does it do, what
# > happens at its two ends, and how would you choose it?”
#
# A good answer needs a derivative, two limits and one measurement. In this part you get all of
# them: the loss as a quiz with $K+1$ answers, its form for a batch, a misprint that changes what
# is learned, and the temperature as the knob that decides *which* wrong answers count. At the end
# you answer the interviewer (Q11).
#
# Before you read on, write down: if you make the temperature ten times smaller, what happens to
# the gradient of a negative that is already far away?

# %% [markdown]
# ### Two views of a picture
#
# The training signal is made, not collected. Take a picture, change it twice at random in ways
# that should not matter (turn it a little, shift, zoom, make it paler), and you have two
# **views** that belong together. All other pictures are, for the moment, what it should *not*
# resemble.
#
# We use 1,800 handwritten digits of 8 × 8 pixels. They are so small that an encoder trains in a
# second, which lets us compare many losses. (They are also so easy that raw pixels already tell
# them apart: this part is about the loss, not about quality. That is part 2.)

# %% tags=["S-infonce"]
loss_digits = data.digits()
import torch

from helpers.augmentations import Augmentations
from helpers.vision import pixels

torch.set_num_threads(1)  # Sums in one order give the same digits every time
loss_augment = Augmentations(shift=0.06, crop=0.1, rotation=10, brightness=0.3, contrast=0.3,
                             blur=0)
loss_pictures = pixels(loss_digits.test)
loss_generator = torch.Generator().manual_seed(5)
loss_views = [loss_augment(loss_pictures, loss_generator) for _ in range(2)]
print(f"{len(loss_digits.train):,} pictures to train on, {len(loss_pictures)} to measure with")

# %% tags=["S-infonce"]
fig, panels = plots.figure(3, 9, width=9, height=3.2)
rows = {"picture": loss_pictures, "view 1": loss_views[0], "view 2": loss_views[1]}
for axes, (name, pictures) in zip(panels, rows.items(), strict=True):
    for ax, picture in zip(axes, pictures, strict=False):
        ax.imshow(picture[0], cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
    axes[0].set_ylabel(name)
plots.show(fig, alt="Nine digits of 8 x 8 pixels in the first row, and below each two views of it, "
           "slightly turned, shifted, zoomed and paler.")

# %% [markdown]
# A column is one digit and its two views. You would not mistake the views of one digit for those
# of another, and that is the point: whatever tells columns apart but survives the change is what
# the encoder has to find.

# %% [markdown]
# ### Which of K + 1?
#
# Let $\mathbf z$ be the vector of a view, of length 1, $s^+$ its cosine with its twin (the
# **positive**) and $s_1,\dots,s_K$ its cosines with $K$ **negatives**. **InfoNCE** (van den Oord
# et al. 2018) is a quiz: *which of these $K+1$ is the twin?* The answer is a softmax, the loss
# its cross-entropy:
#
# $$L=-\log\frac{e^{s^+/\tau}}{e^{s^+/\tau}+\sum_{k=1}^{K}e^{s_k/\tau}}$$
#
# The **temperature** $\tau>0$ is needed because cosines are small numbers: they end at 1. Nothing
# else is new. It is a classifier with one class per picture, whose “weights” are the vectors of
# the candidates.
#
# **Before you run the next cell:** an encoder knows nothing and gives every candidate the same
# score, with $K=448$ negatives. What is its loss? And is an *untrained* network such an encoder?

# %% tags=["S-infonce"]
from helpers.contrastive import info_nce
from helpers.image_training import seeded_encoder
from helpers.vision import embed


def loss_unit(network, view):
    z = embed(network, view).astype(float)
    return z / np.linalg.norm(z, axis=1, keepdims=True)

def loss_similarities(network):
    s = loss_unit(network, loss_views[0]) @ loss_unit(network, loss_views[1]).T
    others = ~np.eye(len(s), dtype=bool)
    return np.diagonal(s), s[others].reshape(len(s), -1)  # (n,) positives, (n, K) negatives

def loss_by_row(positive, negatives, tau):
    ahead = (negatives - positive[:, None]) / tau
    return np.logaddexp.reduce(np.column_stack([np.zeros(len(ahead)), ahead]), axis=1)

# %% tags=["S-infonce"]
loss_untrained = seeded_encoder(loss_digits.train, seed=1)
positive, negatives = loss_similarities(loss_untrained)
K = negatives.shape[1]
by_hand = loss_by_row(positive, negatives, tau=0.1).mean()
scores = torch.tensor(np.column_stack([positive, negatives]) / 0.1)
as_classifier = torch.nn.functional.cross_entropy(scores, torch.zeros(len(scores), dtype=int))
print(f"cosines of the untrained network: {positive.mean():.3f} with the twin, "
      f"{negatives.mean():.3f} with others")
print(f"InfoNCE at tau = .1: {by_hand:.3f}, as cross-entropy: {as_classifier:.3f}")
print(f"all scores equal: log(K + 1) = log {K + 1} = {math.log(K + 1):.3f}")
assert abs(by_hand - as_classifier.item()) < 1e-9 and K == 448
assert math.log(K + 1) - 0.6 < by_hand < math.log(K + 1)

# %% [markdown]
# The loss *is* cross-entropy, with the twin as the right class. And the untrained network does
# know a little: it puts everything into a narrow cone (all cosines near 1), but twins a little
# nearer, so its loss lies somewhat under $\log(K+1)$, the loss of blind guessing.
#
# You have met close relatives. Negative sampling (lesson 01) also sets a pair against drawn ones,
# but asks a yes-or-no question about each; InfoNCE lets them compete in one softmax. The ranking
# loss of lesson 03, part 4, is InfoNCE whose negatives are the rest of the batch.

# %% [markdown]
# ### One batch, both directions: NT-Xent
#
# SimCLR (Chen et al. 2020) takes a batch of $N$ pictures, makes $2N$ views
# $\mathbf z_1,\dots,\mathbf z_{2N}$, and lets *each* view search for its twin $\mathbf z_{t(i)}$
# among all the others, from both sides:
#
# $$L=\frac1{2N}\sum_{i=1}^{2N}-\log\frac{e^{\cos(\mathbf z_i,\mathbf z_{t(i)})/\tau}}
# {\sum_{j\ne i}e^{\cos(\mathbf z_i,\mathbf z_j)/\tau}}$$
#
# They call it **NT-Xent**, “normalised, temperature-scaled cross-entropy”. The denominator has
# $2N-1$ terms, one of them the twin.
#
# **Before you run the next cell:** PyTorch works in 32 bits. Somebody writes the formula down as
# it stands, with $\tau=.01$. What comes out?

# %% tags=["S-ntxent"]
from helpers.contrastive import nt_xent

z1, z2 = (torch.tensor(loss_unit(loss_untrained, view)[:128]).float() for view in loss_views)
z = torch.cat([z1, z2])
N = len(z1)
for tau in (0.5, 0.1, 0.01):
    raised = torch.exp(z @ z.T / tau).fill_diagonal_(0)
    plain = -torch.log(torch.exp((z * z.roll(N, 0)).sum(1) / tau) / raised.sum(1)).mean()
    stable = nt_xent(z1, z2, tau)
    print(f"tau = {tau}: plain formula {plain:.3f}, with log-sum-exp {stable:.3f}")
print(f"largest number: e^{math.log(torch.finfo(torch.float32).max):.1f} in 32 bits, "
      f"e^{math.log(torch.finfo(torch.float16).max):.1f} in 16")
same = nt_xent(torch.ones(N, 3), torch.ones(N, 3), 0.01)
print(f"all vectors equal: {same:.3f}; log(2N - 1) = {math.log(2 * N - 1):.3f}")
assert math.isnan(plain) and 0 < stable < 6 and abs(same - math.log(2 * N - 1)) < 1e-4

# %% [markdown]
# $e^{100}$ does not fit into 32 bits, and ∞/∞ is not a number; the training dies at the first
# step. In 16 bits it happens already at $e^{11.1}$, that is, at $\tau=.09$. The cure is old: take
# the largest score of a row out of the sum before you exponentiate (**log-sum-exp**). Note the
# last line too: at a *constant* NT-Xent is $\log(2N-1)$, whatever $\tau$ is. Remember it for part
# 4.
#
# Now write it, so that it holds.

# %% [markdown] exercise="X-ntxent"
# ### NT-Xent, stable at τ = .01
#
# Compute NT-Xent for two views of each of $N$ pictures. Row $i$ of `z1` and row $i$ of `z2` are
# twins. Scores are cosines divided by the temperature (rows come in any length, none is zero).
# Each of the $2N$ views searches among the $2N-1$ others of *both* sides; the loss is the mean
# over the $2N$ views, in nats. It must be exact for temperatures down to .001, for 32-bit input
# too (go to 64 bits first) and for $N=1$. Lists are accepted, and inputs stay as they are.

# %% solution="X-ntxent"
def nt_xent_loss(z1: np.ndarray, z2: np.ndarray, temperature: float = 0.5) -> float:
    """Compute the normalised temperature-scaled cross-entropy of a batch of pairs.

    Parameters
    ----------
    z1, z2 : array_like (N, d)
        Two views of each picture, rows of any length above 0.
    temperature : float

    Returns
    -------
    float
        Mean over the 2N views, in nats.
    """
    ### BEGIN SOLUTION
    z = np.concatenate([np.asarray(z1, dtype=float), np.asarray(z2, dtype=float)])
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    scores = z @ z.T / temperature
    np.fill_diagonal(scores, -np.inf)
    n = len(z) // 2
    twins = np.concatenate([np.diagonal(scores, n), np.diagonal(scores, -n)])
    largest = scores.max(axis=1)
    log_sums = largest + np.log(np.exp(scores - largest[:, None]).sum(axis=1))
    return np.mean(log_sums - twins)
    ### END SOLUTION


# %% check="X-ntxent"
check("X-ntxent", nt_xent_loss)
### BEGIN HIDDEN TESTS
check("X-ntxent", nt_xent_loss, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Stack the views into one array of 2N rows (`np.concatenate`), in 64 bits, divide each row by its
# length, and take one matrix product: a 2N × 2N table of scores. Row $i$ is the quiz of view $i$.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A view must not find itself: `np.fill_diagonal(scores, -np.inf)`, because $e^{-\infty}=0$. (A
# score of 0 would not do: $e^0=1$.) The twin of row $i<N$ stands in column $i+N$, that of row
# $i+N$ in column $i$.
#
# </details>
# <details><summary>Hint 3</summary>
#
# `largest = scores.max(axis=1)`, then `log_sums = largest + np.log(np.exp(scores - largest[:,
# None]).sum(axis=1))`. The twins' scores are `np.diagonal(scores, N)` followed by
# `np.diagonal(scores, -N)`. Return the mean of the difference.
#
# </details>
# <details><summary>Help: my check says the result is not finite</summary>
#
# An exponential overflowed: at $\tau=.001$ a score is up to 1,000. Subtract each row's largest
# score before `np.exp`. If only $N=1$ fails, you divided by, or took the logarithm of, an empty
# sum: there the twin is the only candidate, and the loss is 0.
#
# </details>
# <details><summary>Help: only the 32-bit case fails</summary>
#
# Convert both inputs with `np.asarray(z1, dtype=float)` *before* you normalise. A rounding error
# of 1e-7 in a cosine becomes 1e-4 in a score at $\tau=.001$.
#
# </details>

# %% [markdown]
# ### Which name for which loss?
#
# **As it is usually told:** “InfoNCE is MoCo's one-way loss, with a memory bank of negatives;
# NT-Xent is SimCLR's two-way loss.”
#
# The history is different. InfoNCE comes from *contrastive predictive coding* (CPC; van den Oord
# et al. 2018), for pieces of speech, text and pictures, with negatives from the batch. The
# **memory bank** (one stored vector for every training picture) is older still (Wu et al. 2018).
# MoCo (He et al. 2020) replaced it by a **queue** of recent batches. SimCLR's NT-Xent has all
# $2N-2$ other views as negatives, and CLIP (Radford et al. 2021; part 5) makes it symmetric
# between pictures and texts.
#
# **Before you run the next cell:** which of MoCo's and SimCLR's losses can you get by calling
# `info_nce` with other negatives?

# %% tags=["F-naming"]
views = torch.cat([z1, z2])  # 2N views, N = 128
columns = torch.arange(2 * N)
rest = torch.stack([columns[(columns - i) % N != 0] for i in range(2 * N)])  # neither self nor twin
all_views = info_nce(views, views.roll(N, 0), views[rest], 0.1)
queue = loss_unit(loss_untrained, pixels(loss_digits.train))[:1024]
queued = info_nce(z1, z2, torch.tensor(queue).float(), 0.1)
print(f"K = 2N - 2 = {rest.shape[1]}, each view asks: {all_views:.4f}   "
      f"nt_xent   {nt_xent(z1, z2, 0.1):.4f}")
print(f"K = 1024 from a queue, one way:   {queued:.4f}   (MoCo)")
assert abs(all_views - nt_xent(z1, z2, 0.1)) < 1e-4

# %% [markdown]
# Both. InfoNCE is the family; NT-Xent, CLIP's loss, MoCo's loss and the ranking loss of lesson 03
# are its members, which differ in *where the negatives come from* and *who asks*. The saying
# mixes up the loss with where its negatives are kept. So in an interview name the parts:
# candidates, directions, normalisation, temperature.

# %% [markdown]
# ### Ten small trainings
#
# To see what the temperature *does*, we train the same small network at four temperatures: six
# passes over the 1,348 digits, from up to three starts. Nothing else differs. From here on the
# encoder has a **head** behind it, a few more layers that make the vector for the loss, so the
# cosines at the start are not those above. (It has no BatchNorm here, so that a view's vector
# does not depend on the other views of its batch; in part 2 it has.)

# %% tags=["S-ntxent"]
from functools import partial

from helpers.self_supervised import train_simclr
from helpers.side_by_side import train_side_by_side
from helpers.vision import ProjectionHead


def loss_job(seed, **settings):
    encoder = seeded_encoder(loss_digits.train, seed)
    torch.manual_seed(seed)
    head = ProjectionHead(batch_norm=False)
    return partial(train_simclr, loss_digits.train, seed=seed, encoder=encoder, head=head,
                   augment=loss_augment, epochs=6, lr=0.006, record_every=1, **settings)

# %% tags=["S-ntxent"]
loss_jobs = {(0.003, 1): loss_job(1, temperature=0.003)}
for seed in (1, 2, 3):
    for tau in (0.01, 0.1, 10.0):
        loss_jobs[tau, seed] = loss_job(seed, temperature=tau)
loss_runs = train_side_by_side(loss_jobs)
loss_networks = {name: torch.nn.Sequential(run.encoder, run.head)
                 for name, run in loss_runs.items()}

# %% tags=["S-ntxent"]
loss_network = loss_networks[0.1, 1]  # the one we look at most
positive, negatives = loss_similarities(loss_network)
history = loss_runs[0.1, 1].history
first = positive > negatives.max(axis=1)
print(f"loss {history['loss'][0]:.2f} at the start, {history['loss'][-5:].mean():.2f} at the end")
print(f"cosines after training: {positive.mean():.2f} with the twin, {negatives.mean():.2f} with "
      f"others, {negatives.max(axis=1).mean():.2f} with the hardest of {K}")
print(f"the twin is nearest for {first.mean():.0%} of the views; by chance {1 / (K + 1):.1%}")
assert history["loss"][-5:].mean() < history["loss"][0] - 1.5
assert 0.2 < first.mean() < 0.45 and positive.mean() > negatives.mean() + 0.6

# %% [markdown]
# After a second of training a view finds its twin among 449 pictures more than a hundred times as
# often as by chance, and the cone has opened. For seven views in ten some other picture, often
# the same digit in another hand, is still nearer. Both kinds of view will be useful: one has
# learnt its lesson, the other has not.

# %% [markdown]
# ### A misprint that trains
#
# In a common notation $\mathbf z_i$ and $\mathbf z_i^+$ are the two views, and the denominator is
# $\sum_j e^{\cos(\mathbf z_i,\mathbf z_j^+)/\tau}$. **As it is often printed**, the plus is
# missing: $\sum_j e^{\cos(\mathbf z_i,\mathbf z_j)/\tau}$. Then the sum contains the anchor
# itself, with similarity 1, and lacks the positive (below: *own side*). A related slip in code
# sums over all $2N$ views, the anchor included (*anchor too*). Neither raises an error.
#
# **Before you run the next cell:** put all pairs in perfect order: twins equal, all others
# orthogonal. Which of the three losses comes near 0?

# %% tags=["F-denominator"]
from helpers.denominators import DENOMINATORS, denominator_loss

perfect = torch.eye(N)
for name in DENOMINATORS:
    floor = denominator_loss(perfect, perfect, 0.1, name)
    flat = denominator_loss(torch.ones(N, 2), torch.ones(N, 2), 0.1, name)
    print(f"{name:11s} perfect order {floor:.4f}   all vectors equal {flat:.3f}")
anchor_floor = denominator_loss(perfect, perfect, 0.01, "anchor too").item()
print(f"anchor too, at tau = .01: {anchor_floor:.4f} = log 2")
assert abs(anchor_floor - math.log(2)) < 1e-4
assert denominator_loss(perfect, perfect, 0.1, "right") < 0.02

# %% [markdown]
# *Right* and *own side* come near 0, *anchor too* cannot. With the anchor in the sum, the twin
# can at best draw with it: $p^+\le\frac12$, and the loss never falls below $\log 2=.693$. If you
# ever see a contrastive loss that stops at .69, look at the diagonal. The misprint (own side) has
# no such floor, so its value gives no warning.
#
# Now the gradients. For the right loss $\partial L/\partial s^+=-(1-p^+)/\tau$ and
# $\partial L/\partial s_k=p_k/\tau$, where $p$ is the softmax: what the positive is pulled, the
# negatives are pushed in sum. (You derive this in Q11.) In the other two, part of the softmax
# sits on the anchor's own similarity, which is 1 whatever the network does.
#
# **Before you run the next cell:** a twin has cosine .9, the anchor itself 1. At $\tau=.1$, how
# many times the twin's weight does the anchor get?

# %% tags=["F-denominator"]
u1, u2 = (loss_unit(loss_network, view)[:N] for view in loss_views)
u = np.concatenate([u1, u2])
scores, eye = u @ u.T / 0.1, np.eye(2 * N, dtype=bool)
own = np.kron(np.eye(2), np.ones((N, N))).astype(bool)
loss_pushes = {}
for name, candidates in zip(DENOMINATORS, (~eye, eye | ~eye, own), strict=True):
    p = np.exp(np.where(candidates, scores, -np.inf) - 10)  # No score is above 1 / .1
    p /= p.sum(axis=1, keepdims=True)
    twin = p[eye[:, np.arange(2 * N) - N]]
    itself = p[eye].mean()
    loss_pushes[name] = (1 - twin.mean()) / 0.1, (1 - twin.mean() - itself) / 0.1
    print(f"{name:11s} pull on the positive {loss_pushes[name][0]:5.2f}   "
          f"push on all negatives {loss_pushes[name][1]:5.2f}   lost on the anchor {itself:.0%}")
print(f"the anchor's weight, in twins of cosine .9: e^((1 - .9)/.1) = {math.exp(1):.1f}")
(pull, push), _, (pull_own, push_own) = loss_pushes.values()
assert abs(pull - push) < 1e-6 and abs(pull_own - 10) < 1e-6 and push_own < 0.85 * push

# %% [markdown]
# The anchor weighs as much as 2.7 twins, and in the misprinted loss more than a third of the
# softmax is lost on it. The pull is $1/\tau=10$ on *every* positive, learnt or not, and the
# negatives get 6.2 instead of 8.8: no balance any more. That is not nonsense, and so it survives
# in code. It is just not the loss you think you have. (To leave out the *twin* alone is a loss in
# its own right: decoupled contrastive learning, Yeh et al. 2022. The fault here is the anchor.)

# %% [markdown]
# ### Temperature to zero
#
# Multiply the loss by $\tau$ and use that a log-sum-exp lies between its largest term and that
# plus the logarithm of the number of terms:
#
# $$M\ \le\ \tau L\ \le\ M+\tau\log(K+1),\qquad M=\max\Big(0,\ \max_k s_k-s^+\Big).$$
#
# For $\tau\to0$ the gap closes: $\tau L$ becomes $M$, the **triplet loss with the hardest
# negative and no margin**. All other negatives are forgotten.
#
# **Before you run the next cell:** for a view whose twin is nearest, the limit is 0. What will
# its gradient do on the way: fall to 0, stay, or grow like $1/\tau$? And for a view with a wrong
# neighbour?

# %% tags=["F-tau-zero"]
hinge = np.maximum(0, negatives.max(axis=1) - positive)
loss_taus = np.geomspace(0.001, 1, 25)
above = np.array([(tau * loss_by_row(positive, negatives, tau) - hinge).max() for tau in loss_taus])
below = min((tau * loss_by_row(positive, negatives, tau) - hinge).min() for tau in loss_taus)
pulls = np.array([-np.expm1(-loss_by_row(positive, negatives, tau)) / tau for tau in loss_taus])
margin = positive - negatives.max(axis=1)
examples = {"twin nearest by {:.2f}": np.argsort(np.abs(margin - 0.1))[0],
            "twin nearest by {:.3f}": np.argsort(np.abs(margin - 0.01))[0],
            "a negative nearer by {:.2f}": np.argsort(np.abs(margin + 0.1))[0]}
for name, row in examples.items():
    print(f"{name.format(abs(margin[row])):29s} gradient on the twin at tau = 1, .1, .01, .001:",
          *(f"{pulls[np.argmin(abs(loss_taus - tau)), row]:.3g}" for tau in (1, 0.1, 0.01, 0.001)))
assert below > -1e-9 and (above <= loss_taus * math.log(K + 1) + 1e-9).all()

# %% tags=["F-tau-zero"]
fig, (left, right) = plots.figure(1, 2, width=11, height=3.6)
left.loglog(loss_taus, above, label="largest gap of 449 views")
left.loglog(loss_taus, loss_taus * math.log(K + 1), "k:", label="bound, τ log(K + 1)")
left.set(xlabel="temperature τ", ylabel="τL minus its limit (cosine)")
for name, row in examples.items():
    right.loglog(loss_taus, pulls[:, row], linewidth=3, label=name.format(abs(margin[row])))
right.loglog(loss_taus, 1 / loss_taus, "k:", label="1/τ")
right.set(xlabel="temperature τ", ylabel="gradient on the twin, (1 − p)/τ", ylim=(1e-3, 2e3))
left.legend()
right.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
plots.show(fig, alt="Left: the gap between tau times the loss and its limit shrinks with tau and "
           "stays below the bound. Right: the gradient of a view with a nearer negative follows "
           "1/tau; those of views whose twin is nearest rise and then drop to zero, the later the "
           "smaller their lead.")
wrong_row, safe_row = examples["a negative nearer by {:.2f}"], examples["twin nearest by {:.2f}"]
assert abs(pulls[0, wrong_row] * 0.001 - 1) < 0.01 and pulls[0, safe_row] < 1e-6

# %% [markdown]
# Left: the gap closes at least as fast as $\tau$, as derived. Right: both at once. A view with a
# wrong neighbour has a gradient of $1/\tau$. A view whose twin leads by $\Delta$ has about
# $e^{-\Delta/\tau}/\tau$: it rises first, and once $\tau$ is well below $\Delta$ it drops to
# nothing. A satisfied triplet teaches nothing, and how much lead satisfies is set by $\tau$: it
# is a soft **margin**.
#
# **As it is usually told:** “a temperature that is too small makes the embeddings collapse.” Look
# at the limit: a triplet loss without margin *is* 0 where all vectors are equal. So the worry is
# not silly. But it is the limit.
#
# **Before you run the next cell:** trained at $\tau=.003$ and .01: one point, a small cone, or
# spread out? Can the digits still be told apart in it? (*std of z*: the standard deviation of a
# coordinate, scaled so that evenly spread vectors have 1. *Effective rank*: how many directions
# the vectors use, up to 64. *kNN*: share of test digits for which the nearest training digits, by
# cosine, vote right.)

# %% tags=["F-tau-zero"]
from helpers.probes import effective_rank, knn_accuracy

loss_cones = {}
print("   tau  start   1 - mean cosine   std of z   effective rank   10-class kNN in z")
for (tau, seed), network in sorted(loss_networks.items()):
    z_train, z_test = (loss_unit(network, pixels(part))
                       for part in (loss_digits.train, loss_digits.test))
    width = 1 - loss_similarities(network)[1].mean()
    std = loss_runs[tau, seed].history["std"]
    knn = knn_accuracy(z_train, loss_digits.train_labels, z_test, loss_digits.test_labels)
    loss_cones[tau, seed] = width, effective_rank(z_test), knn
    print(f"{tau:6g}{seed:7d}{width:18.3f}{std[0]:8.2f} → {std[-1]:.2f}"
          f"{loss_cones[tau, seed][1]:13.1f}{knn:19.3f}")

# %% tags=["F-tau-zero"]
cold = [loss_cones[0.01, seed] for seed in (1, 2, 3)]
usual, hot = ([loss_cones[tau, seed] for seed in (1, 2, 3)] for tau in (0.1, 10.0))
start = math.log(2 * N - 1)
final = loss_runs[0.01, 1].history["loss"][-5:].mean()
print(f"loss at tau = .01: {final:.2f}; at a single point it would be log 255 = {start:.2f}")
widths = [width / tau for (tau, _), (width, *_) in sorted(loss_cones.items()) if tau < 0.1]
print("(1 - mean cosine) / tau, below .1:", *(f"{width:.1f}" for width in widths))
assert 17 < min(widths) and max(widths) < 31 and all(row[0] > 0.9 for row in usual)
assert final < start - 2.5 and min(row[2] for row in cold) > 0.86
assert min(row[1] for row in cold) > 4.5 and loss_runs[0.01, 1].history["std"][0] < 0.05
assert max(row[1] for row in hot) < min(row[1] for row in usual) / 1.8
assert max(row[2] for row in hot) < min(row[2] for row in usual) - 0.08

# %% [markdown]
# A small cone, but one that has *opened*: an untrained network starts with a std of .02 or less,
# that is, nearly as a point, and six passes have opened it to a mean $1-\cos$ of about 24 times
# $\tau$, at .003 as at .01. To the loss only differences of cosine in units of $\tau$ count. It is
# far from a point, where the loss would be $\log(2N-1)$, and the digits are as well in order as at
# .1, even a little better, in about as many directions. (A short training, easy digits; part 2
# looks again.) So: **a narrow cone, not a collapse**. What changes is attention: it goes to the
# few hardest negatives, and these are often of the same class (part 3).

# %% [markdown]
# ### Who gets the gradient?
#
# The push on a negative is $p_k/\tau$. So the *shares* of the negatives are a softmax over their
# similarities, and $\tau$ says how unequal they are. Bars: share of all the push that goes to
# negatives of a given cosine. Dots: how many of the negatives have this cosine. Dotted line: the
# mean cosine of the twins.
#
# **Before you move the slider:** at $\tau=.1$, do you expect half of the gradient to go to a
# hundred negatives, to ten, or to one?

# %% tags=["F-tau-inf"]
from helpers.plots.temperature import temperature_slider

live, static, loss_shares = temperature_slider(
    positive, negatives, temperatures=[0.01, 0.02, 0.05, 0.07, 0.1, 0.2, 0.5, 1, 10],
    shown=[0.02, 0.1, 1])
plots.show_interactive(live, static=static, alt=(
    "Share of the gradient by the similarity of the negative at three temperatures. At .02 nearly "
    "all of it lies on negatives as similar as the positive; at .1 on those above .5; at 1 it "
    "is spread nearly as widely as the negatives themselves."))

# %% tags=["F-tau-inf"]
same_digit = loss_digits.test_labels[:, None] == loss_digits.test_labels
same_digit = same_digit[~np.eye(len(same_digit), dtype=bool)].reshape(negatives.shape)
loss_top = {}
for tau in (0.02, 0.1, 1, 10):
    weights = np.exp((negatives - negatives.max(axis=1, keepdims=True)) / tau)
    weights = np.sort(weights / weights.sum(axis=1, keepdims=True), axis=1)[:, ::-1]
    order = np.argsort(-negatives, axis=1, kind="stable")
    mates = (weights * np.take_along_axis(same_digit, order, axis=1)).sum(axis=1).mean()
    half = np.median((weights.cumsum(axis=1) < 0.5).sum(axis=1) + 1)
    loss_top[tau] = half, mates
    print(f"tau = {tau:<4}: half of the push goes to {half:3.0f} of {K} negatives; "
          f"{mates:.0%} of it to pictures of the same digit")
rival = negatives.max(axis=1).mean()
print(f"cosine 0 against a rival of {rival:.2f}, weight of it: e^-{rival / 0.1:.1f} at tau = .1, "
      f"e^-{rival / 0.01:.0f} at .01")
assert loss_top[0.02][0] <= 4 < 5 < loss_top[0.1][0] < 16 < 110 < loss_top[1][0] < 200
assert loss_top[0.02][1] > 0.65 and loss_top[0.1][1] > 0.5 and loss_top[10][1] < 0.15

# %% [markdown]
# At $\tau=.02$ half of the push goes to about two negatives, at .1 to about nine, at 1 to 150.
# And the hard ones are mostly *the same digit*: the loss calls them wrong, you would not. That is
# the dilemma of both ends (Wang & Liu 2021). A high temperature
# wastes the gradient on negatives that are far away. A low one spends it on mistakes of a rule
# that gives each picture a class of its own: at .02, more than three quarters. On our easy digits
# that did no harm to the nearest neighbours.
#
# This answers the question at the start of the part. When $\tau$ falls from .1 to .01, the factor
# $1/\tau$ grows by ten, but the weight of a negative of cosine 0 against its rival falls from
# $e^{-9.4}$ to $e^{-94}$. A far negative loses all its gradient.

# %% [markdown]
# ### Temperature to infinity
#
# For large $\tau$ all exponents are small. With $\bar s$ the mean over all $K+1$ candidates, the
# positive included,
#
# $$L\approx\log(K+1)+\frac{\bar s-s^+}{\tau}+\frac{\operatorname{Var}(s)}{2\tau^2}.$$
#
# The first term is a constant; in the second every candidate has the same weight; the third,
# where hardness begins to count, fades.
#
# **Before you run the next cell:** the gradient falls like $1/\tau$. Does that do harm, or could
# one simply take larger steps?

# %% tags=["F-tau-inf"]
candidates = np.column_stack([positive, negatives])
for tau in (1, 100):
    exact = loss_by_row(positive, negatives, tau)
    first_order = math.log(K + 1) + (candidates.mean(axis=1) - positive) / tau
    rest = tau**2 * (exact - first_order)
    print(f"tau = {tau:<4}: loss {exact.mean():.4f}, first order {first_order.mean():.4f}, tau² x "
          f"difference {rest.mean():.4f}")
print(f"half the variance of the candidates: {candidates.var(axis=1).mean() / 2:.4f}")
assert abs(rest.mean() - candidates.var(axis=1).mean() / 2) < 0.003

# %% tags=["F-tau-inf"]
loss_gradients = {}
for tau in (0.02, 0.1, 1, 10, 1000):
    leaf = torch.tensor(np.concatenate([u1, u2]), requires_grad=True)
    nt_xent(leaf[:N], leaf[N:], tau).backward()
    loss_gradients[tau] = tau * leaf.grad.flatten()
limit = loss_gradients[1000]
for tau, gradient in loss_gradients.items():
    cosine = torch.nn.functional.cosine_similarity(gradient, limit, dim=0)
    print(f"tau = {tau:<5}: tau x gradient has length {gradient.norm():.4f}, "
          f"cosine {cosine:.3f} with the one at 1000")
    assert (cosine > 0.999) == (tau >= 10) and (tau != 0.1 or cosine < 0.95)
assert abs(loss_gradients[10].norm() / limit.norm() - 1) < 0.05

# %% [markdown]
# Larger steps repair it: from $\tau=10$ on, $\tau$ times the gradient hardly changes any more, in
# length or direction. (AdamW, our optimiser, divides by the gradient's size anyway.) What no step
# size brings back is the *direction*: at .1 it is another one (cosine .88), because hard
# negatives count more. What is lost at a high temperature is the **weighting by hardness**. What
# does that cost? Look at the rows of $\tau=10$ in the table of trainings above.
#
# With equal weights the loss is content once twins agree and the *mean* of all vectors is zero,
# and for that a few directions are enough. After six passes about two of 64 are used, and digits
# get mixed up: kNN .59 to .71, against .86 to .91 at .1. (Part of that may be slowness.) So if one
# end deserves to be linked with collapse, it is this one: not to a point but to few dimensions
# (part 2 looks at the spectrum).
#
# Which temperature, then? Published choices run from .05 to .5 (part 2 lists some). They belong
# to their data, batch and length of training, so part 2 sweeps ours.

# %% [markdown]
# ### What the loss says about information
#
# Why “Info”? Let $I$ be the **mutual information** of the two views, in nats. Whatever scores you
# use, if negatives are drawn independently of the query, then on average (van den Oord et al.
# 2018; Poole et al. 2019)
#
# $$I\ \ge\ \log(K+1)-L.$$
#
# Minimising $L$ raises a lower bound of $I$. Call the query $x$ and a candidate $y$, and let
# $p(y)$ be how likely $y$ is, $p(y\mid x)$ how likely as the twin of $x$. The bound is close if
# the scores are near the best ones, $\log\frac{p(y\mid x)}{p(y)}$ plus anything that does not
# depend on $y$. For Gaussians we know both $I$ and the best scores, so we can look at the bound
# itself, without any training: ten coordinates, each pair with correlation $\rho$,
# $I=-5\log(1-\rho^2)$.
#
# **Before you run the next cell:** $L$ is never negative. With $K+1=16$ candidates, what is the
# largest information that you can ever report?

# %% tags=["S-mutual-info"]
from helpers.information import correlation_for, gaussian_pairs, info_nce_bound, log_ratios

loss_rng = np.random.default_rng(1)
loss_truth = np.array([0.5, 1, 2, 3, 4, 5, 6, 7, 8])
loss_bounds = {}
for size in (4, 16, 64, 256):  # K + 1 candidates
    for information in loss_truth:
        rho = correlation_for(information, dims=10)
        x, y = gaussian_pairs(4096 // size, size, 10, rho, loss_rng)
        loss_bounds[size, information] = info_nce_bound(log_ratios(x, y, rho))
for size in (16, 256):
    print(f"K + 1 = {size:3d}, log = {math.log(size):.2f}:",
          *(f"{loss_bounds[size, truth].mean():.2f}" for truth in loss_truth))
print("     the true information:", *(f"{truth:4g}" for truth in loss_truth))

# %% tags=["S-mutual-info"]
fig, ax = plots.figure(height=3.8)
ax.plot(loss_truth, loss_truth, "k", linewidth=1, label="truth")
for colour, size in zip(plots.COLOURS, (256, 64, 16, 4), strict=False):
    means, spread = (np.array([getattr(loss_bounds[size, truth], what)() for truth in loss_truth])
                     for what in ("mean", "std"))
    ax.plot(loss_truth, means, color=colour, label=f"K + 1 = {size}")
    ax.fill_between(loss_truth, means - spread, means + spread, color=colour, alpha=0.2)
    ax.axhline(math.log(size), color=colour, linestyle=":", linewidth=1)
ax.set(xlabel="true mutual information (nats)", ylabel="log(K + 1) − L (nats)", ylim=(0, 8))
ax.legend()
plots.show(fig, alt="Four curves of the InfoNCE bound against the true information. Each follows "
           "the diagonal at first and bends to its own ceiling, the logarithm of the number of "
           "candidates.")
assert all(bound.mean() < min(truth, math.log(size)) + 0.1
           for (size, truth), bound in loss_bounds.items())
assert loss_bounds[256, 2].mean() > 1.85 and loss_bounds[16, 8].mean() > 2.7

# %% [markdown]
# Each curve follows the truth while $I$ is well under $\log(K+1)$ (dotted), then bends and stays
# under it: 16 candidates cannot show more than 2.77 nats, although the best scores are used. A
# quiz with 16 answers carries no more than $\log 16$.
#
# The bands are one standard deviation of a single batch. There are bounds without the ceiling; the
# variance of their estimates grows with the information (Poole et al. 2019), which makes training
# hard.
#
# One warning. A tighter bound is not a better embedding. An encoder that keeps *everything* has
# the most information and need not be of any use; and bounds of equal height came with features
# of very different quality (Tschannen et al. 2020). What makes the features good is which views
# you call the same, and the shape of the scores. So use the bound to understand $K$, not to rate
# models.

# %% [markdown]
# ### Q11: why does temperature matter?
#
# > **An interviewer asks:** “Why does the temperature matter in a contrastive loss? Derive both
# > limits, tell me what happens to the gradients, and how you would choose it.”
#
# You have seen the limits. Two short functions put the derivations into your hands: the gradient
# at any temperature, and the value at either end.

# %% [markdown] exercise="Q11-gradient"
# ### The gradient of InfoNCE
#
# Each row of `similarities` is a quiz; column `positive[i]` of row $i$ is its right answer. The
# loss is the *mean* over the rows of the cross-entropy of `similarities / temperature`. Return
# its derivative with respect to each *similarity* (not the score). It must hold for temperatures
# down to .001. A similarity of −∞ takes no part: its derivative is 0. Lists are accepted, and
# inputs stay as they are.

# %% solution="Q11-gradient"
def infonce_gradient(
    similarities: np.ndarray, positive: np.ndarray, temperature: float
) -> np.ndarray:
    """Differentiate the mean InfoNCE loss with respect to the similarities.

    Parameters
    ----------
    similarities : array_like (n, K + 1)
        Of each query to its candidates.
    positive : array_like of int (n,)
        Column of each row's positive.
    temperature : float

    Returns
    -------
    ndarray (n, K + 1)
        dL / ds.
    """
    ### BEGIN SOLUTION
    scores = np.asarray(similarities, dtype=float) / temperature
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    n = len(p)
    p[np.arange(n), np.asarray(positive)] -= 1
    return p / (n * temperature)
    ### END SOLUTION


# %% check="Q11-gradient"
check("Q11-gradient", infonce_gradient)
### BEGIN HIDDEN TESTS
check("Q11-gradient", infonce_gradient, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# For one row, $L=\log\sum_j e^{s_j/\tau}-s^+/\tau$. Differentiate by $s_k$: the first term gives
# $\frac1\tau$ times the softmax $p_k$, the second $-\frac1\tau$ for the positive alone.
#
# </details>
# <details><summary>Hint 2</summary>
#
# So the row is $(p-\text{one-hot})/\tau$. The loss is a mean over $n$ rows, so each is divided by
# $n$. For the softmax, subtract the row's largest score before `np.exp`.
#
# </details>
# <details><summary>Hint 3</summary>
#
# `p[np.arange(n), positive] -= 1` takes 1 from the positive of every row at once. Then `return p
# / (n * temperature)`.
#
# </details>
# <details><summary>Help: my check says the values are too small or too large everywhere</summary>
#
# Two factors are easily forgotten: $1/\tau$, because the score is $s/\tau$, and $1/n$, because
# the loss is a mean.
#
# </details>

# %% [markdown] exercise="Q11-limits"
# ### Both ends
#
# For each query give two approximations of its InfoNCE loss. `cold`: the limit of $\tau L$ for
# $\tau\to0$, divided by the given temperature. `warm`: the expansion for $\tau\to\infty$ up to
# and including the term with $1/\tau$. Return the pair `(cold, warm)`, one value a query in each.
# Lists and whole numbers are accepted.

# %% solution="Q11-limits"
def infonce_limits(
    positive: np.ndarray, negatives: np.ndarray, temperature: float
) -> tuple[np.ndarray, np.ndarray]:
    """Approximate InfoNCE for a small and for a large temperature.

    Parameters
    ----------
    positive : array_like (n,)
        Similarity of each query to its positive.
    negatives : array_like (n, K)
        To its K >= 1 negatives.
    temperature : float

    Returns
    -------
    cold, warm : ndarray (n,)
        In nats.
    """
    ### BEGIN SOLUTION
    positive = np.asarray(positive, dtype=float)
    negatives = np.asarray(negatives, dtype=float)
    cold = np.maximum(0, negatives.max(axis=1) - positive) / temperature
    candidates = np.column_stack([positive, negatives])
    flat = np.log(candidates.shape[1])
    warm = flat + (candidates.mean(axis=1) - positive) / temperature
    return cold, warm
    ### END SOLUTION


# %% check="Q11-limits"
check("Q11-limits", infonce_limits)
### BEGIN HIDDEN TESTS
check("Q11-limits", infonce_limits, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write the loss of a query as $L=\log\big(1+\sum_k e^{(s_k-s^+)/\tau}\big)$. For $\tau\to0$ the
# largest exponent wins; the 1 is $e^0$, so 0 is a candidate too.
#
# </details>
# <details><summary>Hint 2</summary>
#
# For large $\tau$ write $e^x\approx1+x$. The sum becomes $(K+1)+\sum_k(s_k-s^+)/\tau$. Take $K+1$
# out of the logarithm and use $\log(1+x)\approx x$.
#
# </details>
# <details><summary>Hint 3</summary>
#
# What is left is $\log(K+1)+\frac1{(K+1)\tau}\sum_k(s_k-s^+)$: a division by $K+1$, though the
# sum has $K$ terms. It equals the mean over *all* candidates minus $s^+$:
# `np.column_stack([positive, negatives])`.
#
# </details>
# <details><summary>Help: only the case with one negative is far off</summary>
#
# Then your mean is over the negatives alone. For large $K$ one hardly sees the difference; for
# $K=1$ it is a factor of 2.
#
# </details>

# %% [markdown] exercise="Q11-conclusions"
# ### What follows?
#
# Which of these statements follow from what you measured and derived? Assign a set of letters.
#
# - **A.** For a very small temperature, $\tau L$ depends only on the positive and the hardest
#   negative.
# - **B.** A temperature of .01 makes NT-Xent collapse to one point.
# - **C.** For a very large temperature all negatives get the same weight, and the factor $1/\tau$
#   could be made up for by a larger step.
# - **D.** The best temperature is the one at which the loss comes out lowest.
# - **E.** At any temperature, the pull on a query's positive is as strong as the pushes on its
#   negatives in sum.
# - **F.** Leaving the anchor in the denominator adds about $\log 2$ to the loss and changes
#   nothing else.
# - **G.** If $\log(K+1)-L$ comes out as 4.1 nats with 64 candidates, the views share about 4.1
#   nats.

# %% solution="Q11-conclusions"
chosen_q11 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q11 = {"A", "C", "E"}
### END SOLUTION

# %% check="Q11-conclusions"
check("Q11-conclusions", chosen_q11)
### BEGIN HIDDEN TESTS
check("Q11-conclusions", chosen_q11, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# For D, compare the loss of the *same* vectors at two temperatures (the cell that tests the
# expansion prints two). For G, work out $\log 64$.
#
# </details>

# %% [markdown]
# ### Q11: your written answer
#
# Answer the interviewer in 200 to 300 words. One point for each:
#
# 1. **Gradient**: the derivative with respect to the similarities, what balances what, and that
#    the softmax weighs negatives by hardness.
# 2. **To zero**: the limit with its derivation, who gets a gradient and how large, and what is
#    wrong with “it collapses”.
# 3. **To infinity**: the expansion, what the step size can make up for and what it cannot, with
#    what you measured at $\tau=10$.
# 4. **Choice**: why the loss value cannot decide, what you would sweep and measure, and why
#    published values differ (false negatives, batch, data).

# %% [markdown] written="Q11-written" points=4
# **Gradient.** With $p$ the softmax of $s/\tau$ over the $K+1$ candidates,
# $\partial L/\partial s^+=-(1-p^+)/\tau$ and $\partial L/\partial s_k=p_k/\tau$. Pull and pushes
# balance. Among the negatives the push is shared as $e^{s_k/\tau}$: the temperature decides how
# much the hard ones get. On our digits half of it went to two of 448 at .02, to about nine at .1,
# and to 150 at 1.
#
# **To zero.** $L=\log(1+\sum_k e^{(s_k-s^+)/\tau})$; the largest exponent wins, so
# $\tau L\to\max(0,\max_k s_k-s^+)$, off by at most $\tau\log(K+1)$: a triplet loss with the
# hardest negative and no margin. A violated query has a gradient of $1/\tau$, one with a lead
# $\Delta\gg\tau$ practically none. That limit would allow a constant, but at any finite $\tau$ a
# constant costs $\log(2N-1)$: at .01 we found a narrow cone, opened from a narrower one, in which
# kNN worked as well as at .1 (on easy 8 × 8 digits, after a short training). The cost is
# attention to false negatives.
#
# **To infinity.** $L\approx\log(K+1)+(\bar s-s^+)/\tau$ with the mean over all candidates:
# uniform weights. The factor $1/\tau$ goes into the step size (AdamW does it by itself); the
# weighting by hardness is lost for good. At $\tau=10$, after six passes, only about two
# directions were used and kNN was far worse than at .1, from all three starts.
#
# **Choice.** Losses at different temperatures are different units, so I never compare them. I
# sweep .05 to .5 over a few seeds and judge by a probe or retrieval on validation data, and look
# how many directions the vectors use. Low values suit data with few false negatives; published
# values were right for somebody else's data and batch.

# %% [markdown]
# ## 2. SimCLR on handwritten digits
#
# > **An interviewer asks:** “We have a million pictures and labels for two hundred of them. How
# > would you get good embeddings, what would you compare them with, and how would you know that
# > you have succeeded?”
#
# You train SimCLR on handwritten digits and set it against whatever a sceptic would name: raw
# pixels, an encoder that was never trained, an autoencoder, and a classifier that saw all labels.
# Then you take its views away, turn its temperature, look for dead dimensions, and find out what
# its projection head is for.
#
# Write down first: which of the five will be best *with 200 labels*, and which on *new classes*?

# %% [markdown]
# ### Digits, and what two views of one share
#
# MNIST: grey pictures of 28 × 28 pixels. We take the first 6,000 training pictures and the first
# 2,000 test pictures. The labels are for testing; SimCLR never sees one.
#
# A **view** is shifted by up to 15% of the width, zoomed by a factor between .7 and 1.43, turned
# by up to 20°, made paler or stronger, and blurred. With this list you state what should *not*
# matter. It is the only knowledge that anybody puts into the method.

# %% tags=["S-simclr"]
mnist = data.mnist()
small_images, small_labels = mnist.train[:6000], mnist.train_labels[:6000]
test_images, test_labels = mnist.test[:2000], mnist.test_labels[:2000]

from helpers.plots.simclr import view_rows

simclr_generator = torch.Generator().manual_seed(3)
rows = {"picture": pixels(small_images[:10])}
rows |= {f"view {i}": Augmentations()(rows["picture"], simclr_generator) for i in (1, 2)}
fig = view_rows({name: pictures[:, 0].numpy() for name, pictures in rows.items()})
plots.show(fig, alt="Ten handwritten digits, and below each two views of it: shifted, larger or "
           "smaller, a little turned, some paler.")

# %% [markdown]
# The two views in a column are a positive pair. The other 127 pictures of a batch supply 254
# negatives.
#
# ### How we test
#
# MNIST is easy, so the usual test says little: with 6,000 labelled neighbours, raw pixels are
# right nine times in ten. We put three harder questions to the frozen vectors:
#
# - **few**: logistic regression on 200 labels, mean of five draws of the 200;
# - **linear**: a linear classifier on all 6,000 labels, fitted by least squares;
# - **moved**: test pictures are shifted, turned and zoomed, training pictures are not; do most of
#   the 20 nearest by cosine have the right label?
#
# **Before you run the next cell:** chance is about .10. What do raw pixels reach on *moved*? And
# an untrained network on *few*?

# %% tags=["S-simclr"]
from helpers.image_quality import TESTS, flat, load_image_runs, moved, quality
from helpers.probes import knn_accuracy

simclr_sets = small_images, small_labels, test_images, test_labels
simclr_scores = {"raw pixels": quality(flat, *simclr_sets),
                 "untrained": quality(seeded_encoder(small_images, seed=1), *simclr_sets)}
usual = knn_accuracy(flat(small_images), small_labels, flat(test_images), test_labels)

def simclr_table(scores):
    print(f"{'':22s}" + "".join(f"{test:>9s}" for test in TESTS))
    for name, row in scores.items():
        print(f"{name:22s}" + "".join(f"{row[test]:9.3f}" for test in TESTS))

simclr_table(simclr_scores)
print(f"raw pixels, 20 nearest, test pictures not moved: {usual:.3f}")
assert usual > 0.89 and 0.25 < simclr_scores["raw pixels"]["moved"] < 0.45
assert 0.5 < simclr_scores["untrained"]["few"] < simclr_scores["raw pixels"]["few"] - 0.05

# %% [markdown]
# Random filters keep much of a picture, so an untrained network is far above chance. Always
# report it, or you praise a training for what it inherited. Pixels fall from .91 to .35 as soon
# as the test pictures move, though any child could still read them.
#
# ### Train three encoders
#
# SimCLR (Chen et al. 2020) has four pieces: views, an **encoder** $f$ with $\mathbf h=f(x)$, a
# small **projection head** $g$ with $\mathbf z=g(\mathbf h)$, and NT-Xent on $\mathbf z$ (part
# 1). After training $\mathbf h$ is used and $g$ thrown away; why, is Q14.
#
# Classifier and autoencoder get the same encoder. SimCLR trains for 4 epochs of two views, they
# for 8 of one picture: each sees 48,000 pictures (and they make twice as many steps). SimCLR's
# batches have 128 pictures; $\tau=.2$, and $\mathbf h$ and $\mathbf z$ are 64 wide.

# %% tags=["S-simclr"]

from helpers.image_peers import train_autoencoder, train_supervised
from helpers.image_quality import network_of_z, two_view_scores
from helpers.probes import scatter
from helpers.side_by_side import train_side_by_side

simclr_moved = moved(test_images)
simclr_by_epoch, simclr_scatters = [], []

def after_simclr_epoch(epoch, run):
    share = knn_accuracy(embed(run.encoder, small_images), small_labels,
                         embed(run.encoder, simclr_moved), test_labels)
    simclr_by_epoch.append(two_view_scores(network_of_z(run), test_images) | {"moved": share})

def after_classifier_epoch(epoch, run):
    simclr_scatters.append([scatter(embed(run.encoder, pictures), labels) for pictures, labels in
                            ((small_images, small_labels), (test_images, test_labels))])

# %% tags=["S-simclr", "S-supervised", "S-autoencoder"]
simclr_runs = train_side_by_side({
    "SimCLR": partial(train_simclr, small_images, epochs=4, callback=after_simclr_epoch),
    "autoencoder": partial(train_autoencoder, small_images, epochs=8),
    "supervised": partial(train_supervised, small_images, small_labels, epochs=8,
                          callback=after_classifier_epoch)})
simclr_run = simclr_runs["SimCLR"]
history = simclr_run.history
print(f"SimCLR's loss: {history['loss'][0]:.2f} to {history['loss'][-1]:.2f}; blind guessing among "
      f"255: {math.log(255):.2f}")
assert history["loss"][-1] < 3.5 < 5.2 < history["loss"][0] < math.log(255) + 0.1

# %% [markdown]
# ### Two things that the loss asks for
#
# Wang & Isola (2020) split what a contrastive loss rewards, for vectors of length 1:
#
# - **alignment**, the mean of $\lVert\mathbf z-\mathbf z^+\rVert^2$ over twins: 0 is perfect;
# - **uniformity**, $\log$ of the mean of $e^{-2\lVert\mathbf z-\mathbf z'\rVert^2}$ over pairs of
#   *different* pictures: 0 if all are in one place, about −4 if they are spread over the sphere.
#
# A constant has perfect alignment and the worst uniformity; random vectors the reverse. We
# measure both on two views of the test pictures after each epoch.
#
# **Before you run the next cell:** an untrained network puts all pictures into a narrow cone.
# Which of the two will training improve first, and what happens to the other?

# %% tags=["S-align-uniform"]
simclr_stored = load_image_runs()["runs"]  # the same training with three seeds
untrained_encoder = seeded_encoder(small_images, seed=1)
at_start = {name: curve[0] for name, curve in simclr_stored["simclr"]["1"]["curves"].items()}
fig, panels = plots.figure(1, 3, width=10, height=2.8)
titles = {"alignment": "alignment of z (lower is better)",
          "uniformity": "uniformity of z (lower is better)", "moved": "moved, from h (share right)"}
for ax, (name, title) in zip(panels, titles.items(), strict=True):
    for run in simclr_stored["simclr"].values():
        ax.plot(run["curves"][name], color="0.7")
    ax.plot(range(5), [row[name] for row in (at_start, *simclr_by_epoch)], "o-")
    ax.set(title=title, xlabel="epoch (0: untrained)")
plots.show(fig, alt="Three curves over four epochs: alignment starts at 0, jumps up and then "
           "falls slowly; uniformity falls steeply within the first epoch and then little; the "
           "share of moved test pictures recognised rises, most in the first epoch.")
curves = {name: np.array([run["curves"][name] for run in simclr_stored["simclr"].values()])
          for name in titles}
assert (curves["alignment"][:, 0] < 0.01).all() and (curves["uniformity"][:, 0] > -0.01).all()
assert (curves["alignment"][:, 1] > curves["alignment"][:, 4] + 0.1).all()
assert (curves["uniformity"][:, 1] < 0.7 * curves["uniformity"][:, 4]).all()
assert (curves["moved"][:, 4] > curves["moved"][:, 1] + 0.05).all()

# %% [markdown]
# (Grey: stored runs; the blue one is yours, from the stored start of its seed.) The untrained
# network has perfect alignment, because everything is in one place; that is worth nothing.
# Training first *throws the pictures apart*: most of the uniformity is won within an epoch, at
# the price of alignment. Then twins are brought together again while the spread is kept, and
# *moved* goes on rising. So watch both: either alone can look splendid in a useless space.

# %% [markdown]
# ### The comparison
#
# The same trainings were run ahead with three seeds (`benchmarks/contrastive_images.py`). One
# more arm is there: a classifier trained on *views* instead of the pictures. Otherwise we would
# not know whether SimCLR's advantages come from its loss or from its views.
#
# **Before you run the next cell:** rank the six on *few* and on *moved*.

# %% tags=["S-simclr", "S-supervised", "S-autoencoder"]
simclr_scores |= {name: quality(run.encoder, *simclr_sets) for name, run in simclr_runs.items()}

def stored_scores(arm, test, part="h"):
    return np.array([run[part][test] for run in simclr_stored[arm].values()])

print("live, one seed")
simclr_table(simclr_scores)
print("stored, three seeds: least to most")
for arm in ("untrained", "autoencoder", "simclr", "supervised", "supervised, views"):
    found = [stored_scores(arm, test) for test in TESTS]
    print(f"{arm:22s}" + "   ".join(f"{s.min():.3f} to {s.max():.3f}" for s in found))
for live, arm in (("SimCLR", "simclr"), ("supervised", "supervised")):
    assert all(abs(simclr_scores[live][t] - stored_scores(arm, t)[0]) < 0.07 for t in TESTS)

# %% tags=["S-simclr", "S-supervised", "S-autoencoder"]
def separated(better, worse, test, margin):  # every seed of one above every seed of the other
    return stored_scores(better, test).min() > stored_scores(worse, test).max() + margin

assert separated("simclr", "autoencoder", "few", 0.02)
assert separated("autoencoder", "pixels", "few", 0.02)
assert separated("autoencoder", "untrained", "few", 0.05)
assert separated("supervised", "simclr", "few", 0.01)
assert separated("simclr", "supervised", "moved", 0.15)
assert separated("supervised, views", "simclr", "moved", 0.02)
assert abs(stored_scores("autoencoder", "moved") - 0.4).max() < 0.08

# %% tags=["S-simclr", "S-autoencoder"]
from helpers.probes import few_label_probe

many = {}
for name, encode in {"raw pixels": flat, "SimCLR": partial(embed, simclr_run.encoder),
                     "autoencoder": partial(embed, simclr_runs["autoencoder"].encoder)}.items():
    sets = encode(small_images), small_labels, encode(test_images), test_labels
    many[name] = few_label_probe(*sets, n_labels=5000, seeds=(0,))[0]
print("logistic regression on 5,000 labels: "
      + ", ".join(f"{name} {share:.3f}" for name, share in many.items()))
assert many["raw pixels"] > simclr_scores["raw pixels"]["linear"] + 0.05
assert -0.01 < many["autoencoder"] - many["raw pixels"] < 0.05
assert many["SimCLR"] > many["autoencoder"] + 0.02

# %% [markdown]
# Two orders, not one. On *few* it counts what the encoder was told about digits: the classifier
# (.90, but it saw 6,000 labels) is ahead of SimCLR (.83 to .88, none), then the autoencoder (.79)
# and pixels (.75). *Linear* has the same order, but pixels hold more than their .78: logistic
# regression on 5,000 labels reads .87 from them, .89 from the autoencoder's code.
#
# On *moved* it counts what the encoder was told about moving: SimCLR has .61 to .67, classifier
# and autoencoder about .4, little more than pixels. Give the classifier views and it wins there
# too. So much of “contrastive learning is robust” is “views make robust”. What contrastive
# learning adds is that it needs no label to use them.
#
# All this holds for digits after four epochs, not for photographs.

# %% [markdown]
# ### Which views teach what?
#
# Take transformations away, leave only one, or make one stronger (“turned all round” turns by any
# angle). Everything else stays.
#
# **Before you run the next cell:** without any transformation both views are the same picture. Is
# that training useless, or worse than useless? Which is worth more here: zoom alone, or
# brightness, contrast and blur?

# %% tags=["S-simclr"]
from helpers.plots.simclr import run_explorer

simclr_arms = {"all (SimCLR)": "simclr",
               "shift, zoom, rotation": "views: only shift, crop, rotation",
               "all, turned all round": "views: turned all round",
               "all but shift": "views: all but shift", "only zoom": "views: only crop",
               "only light and blur": "views: only light and blur", "none": "views: none",
               "untrained": "untrained"}
simclr_views = {name: [run["h"] for run in simclr_stored[arm].values()]
                for name, arm in simclr_arms.items()}
live, static = run_explorer(
    simclr_views, {"few": "few labels (share right)", "moved": "moved (share right)",
                   "linear": "all labels, linear (share right)"}, static=("few", "moved"))
plots.show_interactive(live, static, alt="Bars for seven sets of views and the untrained "
                       "encoder, with a mark for each seed. On few labels and moved pictures, all "
                       "views are at the top; light and blur alone, and no views, are below the "
                       "untrained encoder on few labels.")

# %% tags=["S-simclr"]
for name in simclr_arms:
    row = {test: np.mean([run[test] for run in simclr_views[name]]) for test in TESTS}
    print(f"{name:24s}" + "   ".join(f"{test} {row[test]:.3f}" for test in TESTS))
spread, twins = ({arm: stored_scores(arm, score, "z") for arm in ("simclr", "views: none")}
                 for score in ("uniformity", "alignment"))
for arm in spread:
    print(f"{arm:24s}uniformity of z {spread[arm].mean():.2f}   alignment {twins[arm].mean():.2f}")
assert abs(twins["views: none"] - 1.8).max() < 0.15 and twins["simclr"].max() < 0.5
assert separated("untrained", "views: none", "few", 0.1)
assert separated("untrained", "views: only light and blur", "few", 0.02)
assert separated("simclr", "views: only crop", "few", 0.05)
assert separated("views: only crop", "untrained", "few", 0.05)
assert separated("simclr", "views: turned all round", "few", 0.02)
assert separated("simclr", "views: all but shift", "moved", 0.1)
assert spread["views: none"].max() < spread["simclr"].min() - 0.5

# %% [markdown]
# *Worse* than useless: trained on identical views, the encoder falls from .63 (untrained) to .42.
# The twin is the same picture, so the loss only asks to tell pictures apart, by whatever pixel
# will do. On *few*, light and blur alone end below untrained too, zoom alone well above it.
# Uniformity is best in the most useless space (its alignment on SimCLR's views gives it away: 1.8,
# almost the 2 of unrelated vectors). An encoder learns to ignore only what its views changed:
# without shifts *moved* loses far more than *few*. And more is not better: turning all round costs
# a tenth on *few* (a six turned round is a nine, perhaps).
#
# On photographs the pair that mattered most was crop *and* colour: crops of one photograph share
# their colours, which gives a shortcut (Chen et al. 2020, section 3.1). Which views help depends
# on the pictures.

# %% [markdown]
# ### Which temperature?
#
# **As it is usually told:** “use .07”, or .1, or .2, or .05. All were used: .07 in MoCo (He et
# al. 2020), .1 in SimCLR on ImageNet, .2 in MoCo v2 (Chen et al. 2020b), .05 for sentences in
# SimCSE (Gao et al. 2021). Part 1 said what τ does to the gradient. What does it do to the space?
#
# **Before you run the next cell:** sketch quality against τ from .02 to 1. A sharp peak or a
# plateau? And is the most uniform space the best one?

# %% tags=["F-tau-best"]
tau_arms = {0.02: "tau 0.02", 0.07: "tau 0.07", 0.1: "tau 0.1", 0.2: "simclr", 0.5: "tau 0.5",
            1.0: "tau 1"}
tau_titles = {("h", "few"): "few (share right)", ("h", "moved"): "moved (share right)",
              ("z", "uniformity"): "uniformity of z", ("z", "alignment"): "alignment of z"}
fig, panels = plots.figure(1, 4, width=11, height=2.8)
for ax, ((part, test), title) in zip(panels, tau_titles.items(), strict=True):
    found = np.array([stored_scores(arm, test, part) for arm in tau_arms.values()])
    ax.semilogx(list(tau_arms), found.mean(axis=1), "o-", markersize=4)
    ax.semilogx(list(tau_arms), found, "_", color="black", markersize=8)
    ax.set(title=title, xlabel="temperature τ", xticks=list(tau_arms),
           xticklabels=[".02", ".07", "", ".2", ".5", "1"], ylim=(0.4, 1) if part == "h" else None)
    ax.minorticks_off()
plots.show(fig, alt="Four panels against the temperature from .02 to 1, with a mark for each "
           "seed: few labels and moved pictures are flat from .07 to .5 and lower at .02 and 1; "
           "uniformity is poor at .02, best at .1 and .2, then rises; alignment is the reverse.")

# %% tags=["F-tau-best"]
few, far = ({tau: stored_scores(arm, test).mean() for tau, arm in tau_arms.items()}
            for test in ("few", "moved"))
plateau = [few[tau] for tau in (0.07, 0.1, 0.2, 0.5)]
seeds = stored_scores("simclr", "few")
print(f"few from .07 to .5: {min(plateau):.3f} to {max(plateau):.3f}; the three seeds at .2: "
      f"{seeds.min():.3f} to {seeds.max():.3f}")
even = {tau: stored_scores(arm, "uniformity", "z") for tau, arm in tau_arms.items()}
assert max(plateau) - min(plateau) < 0.03 < np.ptp(seeds)
assert few[0.02] < min(plateau) - 0.015 and far[0.02] < far[1.0] - 0.02 < far[0.5] - 0.03
assert even[0.1].max() < even[0.5].min() - 0.1 < even[1.0].min() and even[0.02].min() > -1.5

# %% [markdown]
# A plateau. From .07 to .5 the means differ less than seeds at one τ do, so our runs *cannot* say
# which of the papers is right. At .02 quality is lower, at 1 a little. What τ does change is the
# space, and the most uniform one is not clearly the best. From .2 upwards uniformity gets worse,
# as part 1 predicts: less weight on the nearest negatives, so clumps stay. But at .02 it is worst
# of all: as in part 1, a cone that is narrow in cosine can be wide in units of τ. Here it may
# only need more time: all this is about four epochs.
#
# So start at .1 or .2, try twice and half of it, and compare over seeds.

# %% [markdown]
# ### How many dimensions are in use?
#
# A quick check against collapse is the standard deviation of each coordinate of the unit vectors,
# times $\sqrt d$: 1 when they are spread evenly, 0 when all vectors are the same. Ours ends at
# .92. All is well?
#
# The **spectrum** asks more: the variances along the principal axes (PCA) of $\mathbf z$. If many
# are almost 0, the vectors differ, but in a few directions only: **dimensional collapse** (Jing
# et al. 2022). The **effective rank** sums the spectrum up: 64 if all 64 axes have the same
# variance, 1 if one has it all.
#
# **Before you run the next cell:** how many of 64 axes does our $\mathbf z$ use?

# %% tags=["F-dimensional"]
from helpers.probes import effective_rank, spectrum

simclr_z = network_of_z(simclr_run)
z_unit = embed(simclr_z, test_images)
z_unit = z_unit / np.linalg.norm(z_unit, axis=1, keepdims=True)
even = np.random.default_rng(0).normal(size=z_unit.shape)
spaces = {"even on the sphere": even / np.linalg.norm(even, axis=1, keepdims=True),
          "z, unit length": z_unit, "h": embed(simclr_run.encoder, test_images),
          "h, untrained": embed(untrained_encoder, test_images)}
fig, ax = plots.figure(width=7, height=3.2)
for name, vectors in spaces.items():
    variances = spectrum(vectors)
    ax.semilogy(range(1, 65), variances / variances.sum(), label=name)
ax.set(xlabel="principal axis", ylabel="share of the variance", ylim=(1e-6, 1))
ax.legend(loc="lower left")
plots.show(fig, alt="Share of variance of 64 principal axes on a logarithmic scale: level for "
           "evenly spread vectors; z and h fall by a factor of more than a hundred over 20 axes.")

# %% tags=["F-dimensional"]
z_std = z_unit.std(axis=0).mean() * math.sqrt(64)
print(f"std of z, times sqrt(64): {z_std:.2f}")
for name, vectors in spaces.items():
    print(f"{name:20s} effective rank {effective_rank(vectors):4.1f}")
ranks = {part: stored_scores("simclr", "effective_rank", part) for part in "zh"}
print("stored seeds: " + ", ".join(f"{p} {r.min():.1f} to {r.max():.1f}" for p, r in ranks.items()))
rank_h = {arm: stored_scores(arm, "effective_rank") for arm in ("supervised", "views: none")}
for arm, rank in rank_h.items():
    print(f"h, {arm}: effective rank {rank.min():.1f} to {rank.max():.1f}")
by_axes = {kept: np.array([run["few_by_axes"][kept] for run in simclr_stored["simclr"].values()])
           for kept in ("64", "16", "8", "5")}
print("few, from z projected onto its first axes: "
      + ", ".join(f"{kept}: {few.mean():.3f}" for kept, few in by_axes.items()))
assert z_std > 0.85 and effective_rank(even) > 55
assert abs(rank_h["supervised"] - 8.3).max() < 0.5 and rank_h["views: none"].min() > 40
assert max(ranks["z"].max(), ranks["h"].max()) < 16
assert abs(by_axes["16"] - by_axes["64"]).max() < 0.015 and (by_axes["5"] < by_axes["16"]).all()

# %% [markdown]
# The std says “spread out”; the spectrum says: about 8 of 64 axes in use. **Every coordinate can
# be busy while the vectors lie near a thin sheet**, if the sheet is tilted. So look at the
# spectrum, not only at std.
#
# Is that bad? Not by itself. The means of ten classes span only nine directions, and the
# classifier, which knew the classes, uses about 8 axes of $\mathbf h$, as SimCLR does (9; at the
# start 35). The encoder without views, the worst of all, uses 44. And with 200 labels
# $\mathbf z$ on its first 16 axes does as well as on all. A low rank is a warning for when what
# you need later does not fit into it (new classes, finer differences), not a grade. Negatives
# forbid a *point*, not a sheet.

# %% [markdown]
# ### What the head throws away
#
# > **An interviewer asks (Q14):** “SimCLR trains a projection head and then discards it. Why not
# > use the vectors that the loss was made for?”
#
# **As it is usually told:** “$\mathbf h$ is better than $\mathbf z$”: on ImageNet a linear
# classifier gained more than 10 points (Chen et al. 2020, section 4.2). Their reason: the loss
# wants the *same* $\mathbf z$ for all views, so $\mathbf z$ must lose what views change; the head
# does the losing, so that $\mathbf h$ need not.
#
# They tested it by predicting from each *which* change was made (their table 3). We know *by how
# much* each picture was turned, zoomed, shifted and dimmed. A linear probe tries to read these
# numbers; $R^2$ is 1 for perfect reading and 0 for no better than the mean.
#
# **Before you run the next cell:** from which of the two is the *label* read better?

# %% tags=["S-head"]
from helpers.image_quality import FACTORS, views_with_factors
from helpers.probes import regression_probe

head_sets = [views_with_factors(*of) for of in ((small_images, 1), (test_images, 2))]
print("live, R²:")
for name, network in {"h": simclr_run.encoder, "z": simclr_z}.items():
    vectors = [embed(network, views) for views, _ in head_sets]
    found = {factor: regression_probe(vectors[0], head_sets[0][1][:, i], vectors[1],
                                      head_sets[1][1][:, i]) for i, factor in enumerate(FACTORS)}
    print(f"{name}: " + ", ".join(f"{factor} {r:.2f}" for factor, r in found.items()))
    assert found["shift right"] > 0.8 if name == "h" else found["shift right"] < 0.5

# %% tags=["S-head"]
head_read = {part: np.array([list(run[part]["factors"].values())
                             for run in simclr_stored["simclr"].values()]) for part in "hz"}
head_labels = {part: np.array([stored_scores("simclr", test, part) for test in TESTS])
               for part in "hz"}
fig, (ax, second) = plots.figure(1, 2, width=9.5, height=2.9, gridspec_kw={"width_ratios": [5, 3]})
for offset, part in ((-0.2, "h"), (0.2, "z")):
    ax.bar(np.arange(5) + offset, head_read[part].mean(axis=0), 0.38, label=part)
    ax.plot(np.arange(5) + offset, head_read[part].T, "_", color="black")
    second.bar(np.arange(3) + offset, head_labels[part].mean(axis=1), 0.38)
    second.plot(np.arange(3) + offset, head_labels[part], "_", color="black")
ax.set(xticks=range(5), xticklabels=FACTORS, ylabel="R² on test views", title="what was done")
second.set(xticks=range(3), xticklabels=TESTS, ylabel="share right", title="which digit",
           ylim=(0, 1))
ax.legend()
plots.show(fig, alt="Bars with a mark per seed. Left: zoom and shifts can be read from h with R² "
           "of .7 to .9, from z much worse. Right: with few labels h is slightly ahead, by least "
           "squares on all labels they are level, and moved pictures are recognised better from z.")
assert (head_read["h"][:, 1:4] > head_read["z"][:, 1:4] + 0.1).all()
assert (head_read["h"][:, 2:4] > 0.75).all() and (head_read["z"][:, 2:4] < 0.5).all()
gap = head_labels["h"] - head_labels["z"]
print("h ahead of z on few, by seed: " + ", ".join(f"{g:.3f}" for g in gap[0]))
assert 0.01 < gap[0].mean() < 0.06 and abs(gap[1].mean()) < 0.02 and (gap[2] < -0.05).all()

# %% [markdown]
# The reason holds: from $\mathbf h$ one reads the shift with $R^2\approx.9$ and the zoom with
# .7, from $\mathbf z$ with about .2 and under .5; brightness likewise, less well. (The turn can
# hardly be read from either. Probably because writers slant their digits differently: the probe
# sees an angle, not who caused it.)
#
# The usual conclusion holds in part. With few labels $\mathbf h$ is ahead by a few points; with
# all labels they are level by least squares (another classifier may tell them apart); on moved
# pictures $\mathbf z$ is far ahead. No wonder: that test moves pictures in just the ways that
# $\mathbf z$ was taught to ignore. Two more experiments tell cause from coincidence.
#
# **Before you run the next cell:** leave shifts out of the views, or leave out the head, so that
# the loss acts on $\mathbf h$ itself. Where is the shift readable now?

# %% tags=["S-head"]
shift_read = {}
for name, arm in {"SimCLR": "simclr", "no shift in the views": "views: all but shift",
                  "no head (h is z)": "head: none"}.items():
    for part in "hz"[: 1 if "head" in name else 2]:
        found = [run[part] for run in simclr_stored[arm].values()]
        shift_read[name, part] = np.array([run["factors"]["shift right"] for run in found])
        print(f"{name:23s}{part}: shift R² {shift_read[name, part].mean():.2f}   " + "   ".join(
            f"{test} {np.mean([run[test] for run in found]):.3f}" for test in ("few", "moved")))
assert shift_read["no shift in the views", "z"].min() > shift_read["SimCLR", "z"].max() + 0.2
assert shift_read["no head (h is z)", "h"].max() < shift_read["SimCLR", "h"].min() - 0.4
assert separated("head: none", "simclr", "moved", 0.05)
assert 0 < stored_scores("head: none", "few").mean() - stored_scores("simclr", "few").mean() < 0.05

# %% [markdown]
# $\mathbf z$ forgets the shift *because* shifts were among the views. And without a head
# $\mathbf h$ itself forgets. That is what the head is for: **it takes the forgetting upon
# itself.**
#
# Yet ours without a head is no worse: a shifted seven is a seven, and all that the views change is
# worth forgetting. On photographs a change of colour may remove what tells classes apart. So the
# rule is conditional: use $\mathbf h$ if later tasks may need what the views destroy; if you know
# that they do not, test $\mathbf z$ too.

# %% [markdown] exercise="Q14-probe"
# ### Read a factor from vectors
#
# Write the probe yourself. Standardise each coordinate with the mean and standard deviation of
# the *training* rows (a coordinate that never changes there: divide by 1). For each column
# $\mathbf y$ of the factors find weights $\mathbf w$ that minimise the mean over training rows of
# $(y-\bar y-\mathbf x\cdot\mathbf w)^2$, plus `penalty` times $\lVert\mathbf w\rVert^2$; $\bar y$
# is the training mean. Return for each column the $R^2$ of the predictions for the *test* rows:
# 1 minus the sum of squared errors over the sum of squared distances of the test values from
# *their* mean. It may be negative. There may be more coordinates than rows. Lists are accepted.

# %% solution="Q14-probe"
def readable_factors(
    train: np.ndarray,
    train_factors: np.ndarray,
    test: np.ndarray,
    test_factors: np.ndarray,
    penalty: float = 1e-3,
) -> np.ndarray:
    """Measure how well a linear probe reads each factor from vectors.

    Parameters
    ----------
    train, test : array_like (n, d), (q, d)
        Vectors.
    train_factors, test_factors : array_like (n, F), (q, F)
        What was done to each row; a column for each factor.
    penalty : float
        Of the squared weights, beside the mean squared error.

    Returns
    -------
    ndarray (F,)
        R^2 on the test rows.
    """
    ### BEGIN SOLUTION
    train, train_factors = np.asarray(train, dtype=float), np.asarray(train_factors, dtype=float)
    test, test_factors = np.asarray(test, dtype=float), np.asarray(test_factors, dtype=float)
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread = np.where(spread > 0, spread, 1)
    x, x_test = (train - mean) / spread, (test - mean) / spread
    middle = train_factors.mean(axis=0)
    gram = x.T @ x / len(x) + penalty * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x.T @ (train_factors - middle) / len(x))
    errors = test_factors - (x_test @ weights + middle)
    around = test_factors - test_factors.mean(axis=0)
    return 1 - np.sum(errors**2, axis=0) / np.sum(around**2, axis=0)
    ### END SOLUTION


# %% check="Q14-probe"
check("Q14-probe", readable_factors)
### BEGIN HIDDEN TESTS
check("Q14-probe", readable_factors, seed=7311, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# From which rows may the mean and the spread come, if the test is to be fair? Use the same two
# for train and test. And what happens where the spread is 0? `np.where` can put a 1 there.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Setting the derivative to 0 gives $(X^TX/n+\text{penalty}\cdot I)\,W=X^T(Y-\bar Y)/n$. Solve it
# for all factors at once with `np.linalg.solve`.
#
# </details>
# <details><summary>Hint 3</summary>
#
# `errors = test_factors - (x_test @ weights + middle)`, then `1 - (errors**2).sum(axis=0) /
# ((test_factors - test_factors.mean(axis=0))**2).sum(axis=0)`.
#
# </details>
# <details><summary>Help: nearly all cases are slightly off</summary>
#
# The penalty stands beside a *mean* over rows: with $X^TX$ as a sum, add `penalty * n` to the
# diagonal. And standard deviations divide by $n$ (`np.std` as it is).
#
# </details>
# <details><summary>Help: a singular matrix</summary>
#
# Without the penalty $X^TX$ cannot be inverted when a coordinate never changes, or when there are
# more coordinates than rows. Add the penalty before you solve.
#
# </details>

# %% [markdown] exercise="Q14-conclusions"
# ### What follows about the head?
#
# Which statements follow from what you measured? Give the set of letters.
#
# - **A.** A linear probe reads the shift from $\mathbf h$ much better than from $\mathbf z$,
#   and the zoom better.
# - **B.** $\mathbf h$ is the better vector for every task.
# - **C.** How much $\mathbf z$ keeps of the shift depends on whether shifts were among the views.
# - **D.** If SimCLR is trained without a head, $\mathbf h$ still keeps the shift, because the
#   encoder is the same network.
# - **E.** Which of the two vectors to use depends on whether the task needs what the views
#   change, so probe both on the task.
# - **F.** An $R^2$ near 0 proves that $\mathbf z$ holds no trace of the factor.

# %% solution="Q14-conclusions"
chosen_q14 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q14 = {"A", "C", "E"}
### END SOLUTION

# %% check="Q14-conclusions"
check("Q14-conclusions", chosen_q14)
### BEGIN HIDDEN TESTS
check("Q14-conclusions", chosen_q14, seed=7312, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# **Your turn to answer.** “Why throw the projection head away?” Write what you would say in two
# minutes.
#
# <details><summary>Rubric (4 points)</summary>
#
# 1. The objective: the loss rewards equal $\mathbf z$ for all views, so $\mathbf z$ loses what
#    the views change.
# 2. The head shields $\mathbf h$: evidence from probes for known factors, with figures from both.
# 3. When it matters: a later task needs something that was augmented away. When not: the task
#    wants just the trained invariance.
# 4. How to decide: probe both on the real task; the advantage of $\mathbf h$ is not a law.
#
# </details>

# %% [markdown] written="Q14-written" points=4
# Because it is the head's job to forget. The loss is small when all views of a picture have the
# same $\mathbf z$, so $\mathbf z$ is trained to lose whatever the views change; with a head
# between, $\mathbf h$ need not. On digits moved by known amounts a linear probe read the shift
# from $\mathbf h$ with an $R^2$ of .9, from $\mathbf z$ with about .2. With shifts left out of
# the views it was readable from $\mathbf z$ too; with no head, $\mathbf h$ itself lost it.
#
# It matters when a later task needs what was augmented away, such as position or colour: on
# ImageNet more than 10 points (Chen et al. 2020). It is not a law. Our digits stay the same under
# all views; there $\mathbf h$ was a few points ahead with few labels, and $\mathbf z$ much better
# on moved digits. So I keep $\mathbf h$ when I do not know what the vectors are for, and
# otherwise probe both on the real task.

# %% [markdown]
# ### “Cross-entropy never pulls classes together”
#
# **As it is usually told:** “a classifier only has to put classes on the right sides of
# hyperplanes; cross-entropy never pulls a class together, contrastive losses do.”
#
# Against it: the loss keeps falling while the score of the right class grows, and for all
# pictures of a class at once that is easiest when they point the same way.
#
# We recorded the **scatter** of the unit vectors $\mathbf h$: the mean squared distance *within*
# classes (to the mean of the class) and *between* (class means to the overall mean).
#
# **Before you run the next cell:** does within/between fall? For test pictures too?

# %% tags=["F-classifier"]
start = [scatter(embed(untrained_encoder, pictures), labels) for pictures, labels in
         ((small_images, small_labels), (test_images, test_labels))]
by_epoch = [start, *simclr_scatters]
print("epoch   within, between, ratio (training pictures)   ratio (test pictures)")
for epoch in (0, 1, 2, 4, 8):
    seen, unseen = by_epoch[epoch]
    print(f"{epoch:5d}   {seen.within:6.3f}  {seen.between:7.3f}  {seen.ratio:5.2f}"
          f"{unseen.ratio:42.2f}")
ratios = {arm: stored_scores(arm, "within_between")
          for arm in ("untrained", "simclr", "supervised", "supervised, views")}
for arm, ratio in ratios.items():
    print(f"{arm:18s} test pictures, three seeds: {ratio.min():.2f} to {ratio.max():.2f}")
assert min(part.ratio for part in start) > 4 and max(part.ratio for part in by_epoch[8]) < 0.65
assert all(seen.ratio < 0.8 for seen, _ in by_epoch[1:])
assert ratios["supervised"].max() < 0.7 < ratios["simclr"].min() < ratios["untrained"].min() / 3

# %% [markdown]
# The saying is wrong. Relative to the distance between classes, cross-entropy *does* pull classes
# together, from a ratio above 4 to about .5, for test pictures alike, and more tightly than
# SimCLR, which had no labels to do it with. (“Within” alone *grows*: the untrained encoder has
# everything in one narrow cone, and training widens all distances. Classes that shrink to points,
# **neural collapse**, are known from large networks trained long after their last training error
# has gone; Papyan et al. 2020.)
#
# Tightness may have a price: what tells pictures *within* a class apart is squeezed too.

# %% [markdown]
# ### New classes
#
# A classifier's last hidden layer is the oldest learned embedding, and often all that one has.
# How does it do on classes it was *not* taught? All train on the digits 0 to 4 only (about as
# many steps as before); then we test on 5 to 9, with 20 labels of each for *few*.
#
# **Before you run the next cell:** who wins on new digits: labels for the old ones, or no labels?

# %% tags=["S-supervised"]
new_rows = {"raw pixels": [run["new"] for run in simclr_stored["pixels"].values()],
            "untrained": [run["new"] for run in simclr_stored["untrained"].values()]}
new_rows |= {name: [run["h"] for run in simclr_stored[f"new: {name}"].values()]
             for name in ("autoencoder", "simclr", "supervised", "supervised, views")}
print(f"{'tested on 5 to 9 (seeds)':28s}" + "".join(f"{test:^18s}" for test in TESTS))
new_scores = {}
for name, runs in new_rows.items():
    new_scores[name] = {test: np.array([run[test] for run in runs]) for test in TESTS}
    print(f"{name + f' ({len(runs)})':28s}" + "   ".join(
        f"{s.min():.3f} to {s.max():.3f}" for s in new_scores[name].values()))
few, far = ({name: row[test] for name, row in new_scores.items()} for test in ("few", "moved"))
assert few["supervised"].max() < few["raw pixels"].min() - 0.02
others = [few[name] for name in ("simclr", "supervised, views", "autoencoder")]
assert min(found.min() for found in others) > few["supervised"].max() + 0.03
assert np.ptp([found.mean() for found in others]) < 0.05
assert far["simclr"].min() > far["autoencoder"].max() + 0.03 > far["supervised"].max() + 0.08
linear = {name: row["linear"] for name, row in new_scores.items()}
assert linear["supervised"].min() > 0.88 and linear["simclr"].min() > linear["autoencoder"].max()

# %% [markdown]
# Did you bet on labels? On new digits the plain classifier falls *below raw pixels* with few
# labels. What it was not asked for is not gone (with all labels, *linear* reads it well), but 100
# labels do not find it. Trained on views the classifier is as good as SimCLR with few labels:
# again it is the views that carry over. With few labels the autoencoder keeps up too (perhaps it
# threw little away); with all labels, and clearly when pictures move, it is behind SimCLR.
#
# So a classifier's last hidden layer is a fine embedding for *its own* classes. For others,
# measure it against raw features first. (Our old and new digits are drawn with the same strokes.)

# %% [markdown]
# ### The autoencoder: what a pixel loss keeps
#
# > **An interviewer asks (Q24):** “How does an autoencoder give visual embeddings, and why are
# > they weaker for similarity?”
#
# An **autoencoder** squeezes a picture through a narrow code, here 64 numbers, and has to give it
# back: the loss is the mean squared error of a pixel (Hinton & Salakhutdinov 2006). The code is
# the embedding. No labels, no views, no negatives; and no collapse, since a constant code cannot
# give back different pictures.
#
# **Before you run the next cell:** the code has a twelfth of the picture's numbers. Will you be
# able to read the digits that come out? And what costs more in pixels: to shift a digit by two
# pixels, or to replace it by the nearest *different digit*?

# %% tags=["S-autoencoder"]
coder = simclr_runs["autoencoder"]
given_back = embed(coder.head, torch.tensor(embed(coder.encoder, test_images)))[:, 0].clip(0, 1)
fig = view_rows({"picture": test_images[:10], "given back": given_back[:10]})
plots.show(fig, alt="Ten test digits, and below what the autoencoder gives back: slightly blurred, "
           "all ten easy to read.")

from helpers.augmentations import affine

originals, others = flat(test_images), flat(small_images)
gaps = np.square(originals).sum(1)[:, None] + np.square(others).sum(1) - 2 * originals @ others.T
gaps[test_labels[:, None] == small_labels] = np.inf  # only different digits
instead = {"given back by the autoencoder": given_back.reshape(len(originals), -1),
           "shifted by 2 pixels": flat(affine(pixels(test_images), shift_x=2 / 28)),
           "the nearest different digit": others[gaps.argmin(axis=1)]}
costs = {name: np.square(originals - rows).mean(axis=1) for name, rows in instead.items()}
for name, cost in costs.items():
    print(f"{name:30s} mean squared error of a pixel {cost.mean():.4f}")
given, moving, other = costs.values()
print(f"the shift costs more for {(moving > other).mean():.0%} of the pictures")
assert given.mean() < 0.02 < 0.04 < other.mean() < moving.mean() and (moving > other).mean() > 0.85

# %% [markdown]
# The digits come out readable, so the code knows *what is where*. And for 19 pictures in 20 it is
# cheaper, in pixels, to exchange the digit for the nearest other one than to shift it by two
# pixels. A loss that counts pixels rewards a code that stores position, slant and thickness. What,
# then, do neighbours in this space have in common?

# %% tags=["S-autoencoder"]
from helpers.plots.simclr import neighbour_rows

chosen = list(range(6))  # the first six, not picked
near = {}
for name, encode in {"raw pixels": flat, "autoencoder": partial(embed, coder.encoder),
                     "SimCLR": partial(embed, simclr_run.encoder)}.items():
    bank, asked = (x / np.linalg.norm(x, axis=1, keepdims=True)
                   for x in (encode(small_images), encode(simclr_moved[chosen])))
    near[name] = np.argsort(-asked @ bank.T, axis=1, kind="stable")[:, :4]
fig = neighbour_rows(simclr_moved[chosen, 0].numpy(), test_labels[chosen], small_images,
                     small_labels, near)
plots.show(fig, alt="Moved test digits, each with its four nearest training digits by raw pixels, "
           "by the autoencoder's code and by SimCLR. Wrong digits are framed; there are many "
           "frames under pixels and autoencoder, few under SimCLR.")
print("the nearest picture is the same digit, all 2,000 moved pictures:")
for arm in ("pixels", "autoencoder", "simclr", "supervised, views"):
    print(f"{arm:18s} " + ", ".join(f"{s:.3f}" for s in stored_scores(arm, "nearest")))
assert separated("simclr", "autoencoder", "nearest", 0.12)

# %% [markdown]
# Orange frames mark other digits. Pixels and the autoencoder find pictures whose ink lies in the
# same *place*; SimCLR finds more that are the same *thing*, and is still wrong for more than a
# third.
#
# Now put it into numbers: take several views of each picture and ask how much of the scatter of
# the codes comes from the view, how much from the picture within its class, and how much from the
# class.

# %% [markdown] exercise="Q24-shares"
# ### Where does the scatter come from?
#
# Given are the codes of several views of each picture. Scale every view's code to length 1 (a
# code of zeros stays as it is). Then split the mean squared distance of all views from the
# overall mean into three parts, each a mean over all views: **view** (from the mean of its
# picture), **image** (from the mean of the picture to the mean of its class) and **class** (from
# the mean of the class to the overall mean). All means are over views, so a class with more
# pictures weighs more. Return the three parts divided by their sum, or three zeros if nothing
# varies. Labels may be any numbers or words. Lists are accepted; inputs stay as they are.

# %% solution="Q24-shares"
def code_shares(codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Split the scatter of views by where it comes from.

    Parameters
    ----------
    codes : array_like (n, V, d)
        Codes of V views of each of n pictures.
    labels : array_like (n,)
        Class of each picture.

    Returns
    -------
    ndarray (3,)
        Shares of view, image and class.
    """
    ### BEGIN SOLUTION
    codes, labels = np.asarray(codes, dtype=float), np.asarray(labels)
    lengths = np.linalg.norm(codes, axis=2, keepdims=True)
    codes = codes / np.where(lengths > 0, lengths, 1)
    images = codes.mean(axis=1)
    classes = np.array([images[labels == label].mean(axis=0) for label in labels])
    parts = np.array([
        np.sum((codes - images[:, None]) ** 2, axis=2).mean(),
        np.sum((images - classes) ** 2, axis=1).mean(),
        np.sum((classes - images.mean(axis=0)) ** 2, axis=1).mean(),
    ])
    total = parts.sum()
    return parts / total if total > 1e-12 else np.zeros(3)
    ### END SOLUTION


# %% check="Q24-shares"
check("Q24-shares", code_shares)
### BEGIN HIDDEN TESTS
check("Q24-shares", code_shares, seed=7321, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `codes.mean(axis=1)` has one row for each picture. For the class means, one row for *each
# picture* again: `np.array([images[labels == label].mean(axis=0) for label in labels])`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Three arrays of differences: `codes - images[:, None]`, `images - classes`, and `classes -
# images.mean(axis=0)`. Square, sum over the last axis, take the mean over the rest.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Put the three means into an array `parts`. `total = parts.sum()`; return `parts / total if total
# > 1e-12 else np.zeros(3)`. (Rounding leaves a tiny total where all is the same.)
#
# </details>
# <details><summary>Help: only the case of unequal classes fails</summary>
#
# You average the class part over classes, or take the mean of the class means for the overall
# mean. Let each picture count once.
#
# </details>

# %% tags=["S-autoencoder"]
from helpers.image_quality import repeated_views, scatter_shares

four_views = repeated_views(test_images[:1000], views=4)
share_arms = {"raw pixels": ("pixels", "h"), "untrained": ("untrained", "h"),
              "autoencoder": ("autoencoder", "h"), "supervised": ("supervised", "h"),
              "supervised, views": ("supervised, views", "h"), "SimCLR, h": ("simclr", "h"),
              "SimCLR, z": ("simclr", "z")}
share_found = {name: [run[part]["shares"] for run in simclr_stored[arm].values()]
               for name, (arm, part) in share_arms.items()}
share_range = {}
for name, runs in share_found.items():
    share_range[name] = {part: np.array([run[part] for run in runs]) for part in runs[0]}
    print(f"{name:18s}" + "   ".join(f"{part} {s.min():.2f} to {s.max():.2f}"
                                     for part, s in share_range[name].items()))
by_live = scatter_shares(embed(coder.encoder, four_views), test_labels[:1000], 4)
print("autoencoder, live: " + ", ".join(f"{part} {share:.2f}" for part, share in by_live.items()))
assert all(abs(by_live[part] - s.mean()) < 0.05 for part, s in share_range["autoencoder"].items())
of_class = {name: parts["class"] for name, parts in share_range.items()}
assert max(of_class[name].max() for name in ("raw pixels", "autoencoder", "untrained")) < 0.08
assert of_class["SimCLR, h"].min() > 3 * of_class["autoencoder"].max()
assert of_class["SimCLR, z"].min() > of_class["SimCLR, h"].max() + 0.1
assert share_range["autoencoder"]["view"].min() > 0.6
assert share_range["SimCLR, h"]["view"].max() < 0.55

# %% [markdown]
# In the autoencoder's code two thirds of the scatter of views come from *how* the picture was
# changed and a twentieth from *which* digit it is, hardly better than in pixels. In SimCLR's
# $\mathbf h$ the class has about four times that share, in $\mathbf z$ almost half. Labels alone
# do not do it (the classifier has .14); labels with views do.
#
# A cosine adds up all of the scatter; a linear probe picks the few directions that matter. That
# is why the autoencoder's linear score is decent and its neighbours are not.

# %% [markdown] exercise="Q24-conclusions"
# ### What follows about autoencoders?
#
# Which statements follow from what you measured? Give the set of letters.
#
# - **A.** A pixel loss charges more for a shift by two pixels than for the nearest *different*
#   digit, for most pictures.
# - **B.** The autoencoder's code holds usable information about the digit: a linear classifier
#   reads it from 64 numbers no worse than from 784 pixels.
# - **C.** An autoencoder's code is useless as an embedding.
# - **D.** In the code, most of the scatter of views comes from the view, and the class has a far
#   smaller share than in SimCLR's $\mathbf h$.
# - **E.** With a lower reconstruction error, the neighbours of moved pictures would be right more
#   often.
# - **F.** SimCLR does better on moved pictures because it has negatives.
# - **G.** The autoencoder is weaker on moved pictures because it was trained without labels.

# %% solution="Q24-conclusions"
chosen_q24 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q24 = {"A", "B", "D"}
### END SOLUTION

# %% check="Q24-conclusions"
check("Q24-conclusions", chosen_q24)
### BEGIN HIDDEN TESTS
check("Q24-conclusions", chosen_q24, seed=7322, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# **Your turn to answer.** “How does an autoencoder give visual embeddings, and why are they
# weaker for similarity?” Write what you would say in two minutes.
#
# <details><summary>Rubric (4 points)</summary>
#
# 1. How it works: bottleneck, reconstruction loss, the code is the embedding; no labels, views or
#    negatives.
# 2. Why weaker: the loss weighs pixels, so what moves many pixels fills the code, whether or not
#    it means anything; nothing asks that nearby codes mean the same.
# 3. Evidence with figures: shift against another digit, neighbours of moved pictures, or shares
#    of scatter.
# 4. Fair limits: the class is in the code (a linear probe finds it), and “weaker” depends on the
#    task: position, anomalies or new classes.
#
# </details>

# %% [markdown] written="Q24-written" points=4
# An autoencoder squeezes the picture through a narrow code and is trained to give it back,
# usually with a squared error per pixel. The code is the embedding. It needs no labels, views or
# negatives, and it cannot collapse, because a constant code cannot give different pictures back.
#
# It is weak for similarity because its loss weighs pixels, not meaning. On our digits a shift by
# two pixels cost more than another digit, for 95% of the pictures, so a code that stores position,
# slant and thickness pays. Of the scatter of views two thirds came from the view and a
# twentieth from the class; in SimCLR's $\mathbf h$ a fifth to a quarter. On moved pictures the
# nearest neighbour was right four times in ten, SimCLR's six times.
#
# The information is there: a linear classifier read the code no worse than the pixels. So I would
# take an autoencoder where detail and position matter, and for search by meaning an objective
# that says what should count as the same: views, labels, pairs or text.

# %% [markdown]
# ### What to say
#
# For a million pictures with 200 labels: train without labels on views that change exactly what
# should not matter, then a linear classifier on the frozen $\mathbf h$ with the 200. Compare with
# raw features, the *untrained* encoder, an autoencoder, and a classifier with the same views.
# Choose the views first (wrong ones are worse than no training), then τ, over seeds. Watch
# alignment *and* uniformity, and the spectrum. Probe $\mathbf h$ and $\mathbf z$, and say on
# which test.
#
# Our batches had 254 negatives for each view. Would 4,000 be better? That is part 3.

# %% [markdown]
# ## 3. Negatives: how many, which, and whose
#
# > **An interviewer asks:** “SimCLR was trained with 4,096 pictures a batch. We own one small
# > GPU. Why are large batches used, do we need them, and what else could we do?”
#
# In this part you separate three things that grow together with a batch: the number of negatives,
# the steps that an epoch is cut into, and the number of *false* negatives. Then you build the two
# classic ways around a large batch: a queue of old keys, and mined hard negatives.

# %% [markdown]
# ### What one more negative adds
#
# In part 1, the pull on the positive was $(1-p^+)/\tau$, and the pushes on the negatives,
# $p_k/\tau$, add up to the same. From now on we call $1-p^+=\sum_kp_k$ (part 1's push, without
# the factor $1/\tau$) the **push**. It lies between 0 and 1 and grows with every negative.
#
# We take `simclr_run` and two views of each of 2,000 test pictures, and cut them into batches of
# different sizes $N$. We also ask how well the *direction* of a small batch's push (the sum of
# its negatives, each weighted with its $p_k$) agrees with that of all 3,998 negatives.
#
# **Before you run the next cell:** at $\tau=.2$, how large must $N$ be for a push of .9?

# %% tags=["F-batch"]
from helpers.negatives import push_by_choice, push_in_batches

neg_rng = np.random.default_rng(4)
neg_views = embed(network_of_z(simclr_run), repeated_views(test_images, 2))
neg_views /= np.linalg.norm(neg_views, axis=1, keepdims=True)
neg_one, neg_two = neg_views[0::2], neg_views[1::2]
neg_sizes, neg_taus = (8, 32, 128, 512, 2000), (0.1, 0.2, 0.5)
neg_table = {  # (push, agreement, share of the push on the view's own digit)
    (tau, N): push_in_batches(neg_one, neg_two, test_labels, N, tau, neg_rng)
    for tau in neg_taus for N in neg_sizes}

# %% tags=["F-batch"]
fig, panels = plots.figure(1, 2, width=9.5, height=3)
titles = "push (1 is all)", "agreement with all negatives (cosine)"
for column, (ax, title) in enumerate(zip(panels, titles, strict=True)):
    for tau in neg_taus:
        values = [neg_table[tau, N][column] for N in neg_sizes]
        ax.semilogx(neg_sizes, values, "o-", base=2, label=f"τ = {tau}")
        print(f"{title.split()[0]:10s} tau {tau}: " + ", ".join(
            f"N = {N}: {v:.2f}" for N, v in zip(neg_sizes, values, strict=True)))
    ax.set(xlabel="pictures in the batch, N", title=title, ylim=(0, 1.03), xticks=neg_sizes,
           xticklabels=neg_sizes)
panels[0].legend()
plots.show(fig, alt="Two panels against the batch size. The push rises and flattens: at tau .2 it "
           "is about a half for 8 pictures and .95 for 128. The agreement rises likewise.")
assert neg_table[0.2, 8][0] < 0.65 and neg_table[0.2, 128][0] > 0.9
assert neg_table[0.1, 8][0] < neg_table[0.2, 8][0] < neg_table[0.5, 8][0]
assert neg_table[0.2, 128][1] > 0.85 > neg_table[0.2, 8][1] + 0.1
assert neg_table[0.2, 32][0] < 0.9 and neg_table[0.5, 32][1] < neg_table[0.1, 32][1] + 0.02

# %% [markdown]
# At $\tau=.2$ the .9 is reached between 32 and 128 pictures. A batch of 8 has half of the push.
# Its size alone would be no harm, since AdamW divides by the gradient's size (part 1); but its
# *direction* agrees with that of all negatives by .68 only, against .98 with 128 pictures.
#
# The lower the temperature, the more negatives the *push* needs: with 32 pictures it is .64 at
# $\tau=.1$ and .94 at .5, because a low temperature listens to the few hardest, and a small batch
# rarely holds them. The direction needs no more at low temperatures: .92 at .1, .89 at .5.

# %% [markdown]
# ### Is a large batch required?
#
# **As it is usually told:** “contrastive learning requires batches of 4,096.” In the SimCLR paper
# larger batches were better, most clearly in short trainings (Chen et al. 2020, section 5.2).
#
# We repeat it in small (stored: `python -m benchmarks.contrastive_negatives`; two seeds; learning
# rate with the square root of the batch, not tuned) in three fashions: batches of different size
# that see the *same pictures* (4 epochs); that make the *same number of steps*; and batches of
# 128 in which a view's *negatives* come only from a group of 2, 4 or 16 pictures, with pictures,
# steps and rate equal.
#
# **Before you run the next cell:** which of the three curves will rise, and which fall?

# %% tags=["F-batch"]
from helpers.negatives import load_negative_runs

neg_stored = load_negative_runs()["runs"]

def neg_scores(arm, test="few"):
    return np.array([run[test] for run in neg_stored[arm].values()])

neg_curves = {
    "same pictures (4 epochs)": {n: f"batch {n}" for n in (16, 32, 64, 128, 256, 512, 1024)},
    "same steps (184 or so)": {32: "batch 32, steps of 128", 128: "batch 128",
                               512: "batch 512, steps of 128"},
    "only the negatives": {2: "group 2", 4: "group 4", 16: "group 16", 128: "batch 128"}}
fig, panels = plots.figure(1, 3, width=10.5, height=2.9, sharey=True)
for ax, (title, arms) in zip(panels, neg_curves.items(), strict=True):
    found = np.array([neg_scores(arm)[:2] for arm in arms.values()])
    ax.semilogx(list(arms), found.mean(axis=1), "o-", base=2)
    ax.plot(list(arms), found, "_", color="black", markersize=9)
    ax.set(title=title, xlabel="pictures in the batch", xticks=list(arms), xticklabels=list(arms))
panels[0].set(ylabel="few (share right)", ylim=(0.7, 0.95))
panels[2].set_xlabel("pictures in the group")
plots.show(fig, alt="Three panels with a mark for each seed. With the same pictures, few falls "
           "from .88 for batches of 32 to .75 for 1024. With the same steps it rises. When only "
           "the number of negatives changes it rises up to 16 pictures and is then level.")

# %% tags=["F-batch"]
for title, arms in neg_curves.items():
    print(f"{title:26s}" + "  ".join(
        f"{size}: {neg_scores(arm)[:2].mean():.3f}" for size, arm in arms.items()))
print(f"steps in 4 epochs: {4 * (6000 // 32)} with 32 pictures, {4 * (6000 // 128)} with 128, "
      f"{4 * (6000 // 1024)} with 1,024; negatives of a group of 2: 2, of 16: 30, of 128: 254")
same_pictures, same_steps, same_all = (list(arms.values()) for arms in neg_curves.values())
gain = {(a, b): (neg_scores(b)[:2] - neg_scores(a)[:2]) for arms in
        (same_pictures, same_steps, same_all) for a in arms for b in arms}  # seed by seed
assert (gain["batch 1024", "batch 512"] > 0.03).all()
assert (gain["batch 512", "batch 32"] > 0.05).all()
assert all((gain[a, b] > 0.02).all() for a, b in zip(same_steps[:-1], same_steps[1:], strict=True))
assert (gain["group 2", "group 16"] > 0.03).all()
assert abs(gain["group 16", "batch 128"]).max() < 0.01

# %% [markdown]
# Three answers to “are large batches better?”. With the same pictures: *no*, the small ones win,
# mainly because 1,024 pictures a batch leave 20 steps for the whole training. With the same
# steps: *yes*, but 512 a batch saw 16 times as many pictures as 32. Negatives alone: from 2 to 30
# they help a lot, from 30 to 254 hardly.
#
# So a batch size is a bundle. On ImageNet the data are harder, the trainings long and the
# machines many, and then large batches are a way to *use* the machines. “Required” is
# conditional. (If you do want one and lack memory: adding up gradients of small batches does
# *not* give it, since each piece sees only its own negatives. Gradient caching does, by encoding
# twice: GradCache, L. Gao et al. 2021.)

# %% [markdown]
# ### Whose negatives? The false ones
#
# A negative of the same class as the anchor is a **false negative**: the loss pushes two sevens
# apart.
#
# **As it is usually told:** “false negatives are worse in small batches.” If class $c$ has the
# share $\pi_c$, another picture is of the anchor's class with probability $\sum_c\pi_c^2$, which
# is $1/C$ for $C$ classes of equal size.
#
# **Before you read on:** where in that formula is $N$?

# %% [markdown]
# Nowhere. The expected *share* is a tenth at any batch size; what grows with the batch is the
# *number* of false negatives, that share of $2(N-1)$. But a share of heads is not a share of the
# push. Similar negatives are pushed most, and who is similar?
#
# **Before you run the next cell:** of the push on negatives, which share goes to pictures of the
# same digit, at $\tau=.1$ and at .5?

# %% tags=["F-false-negatives"]
pi = np.bincount(small_labels) / len(small_labels)
print(f"sum of pi squared: {(pi ** 2).sum():.4f}; false negatives of a view: " + ", ".join(
    f"{(pi ** 2).sum() * 2 * (N - 1):.1f} with N = {N}" for N in (8, 128, 4096)))
for tau in neg_taus:
    print(f"tau = {tau}: false share of the push " + ", ".join(
        f"N = {N}: {neg_table[tau, N][2]:.2f}" for N in neg_sizes))
wide = [neg_table[0.2, N][2] for N in neg_sizes[1:]]
assert max(wide) - min(wide) < 0.06 and neg_table[0.1, 512][2] > 0.48
assert neg_table[0.1, 512][2] > neg_table[0.2, 512][2] + 0.08 > neg_table[0.5, 512][2] + 0.2
for test in ("few", "moved"):
    usual, oracle = neg_scores("batch 128", test), neg_scores("other digits", test)
    print(f"{test:7s} all negatives {usual.min():.3f} to {usual.max():.3f}, only other digits "
          f"{oracle.min():.3f} to {oracle.max():.3f}   ({len(usual)} seeds)")
    print("        gained, by seed: " + ", ".join(f"{gap:.3f}" for gap in oracle - usual))
    assert ((oracle - usual) > (0.03 if test == "moved" else 0.01)).all()

# %% [markdown]
# At $\tau=.1$ more than half of the push goes against pictures of the *same digit*, at .5 about a
# fifth, and from 32 pictures on the batch hardly changes that. (All on vectors trained at .2.)
# What does it cost? The last lines train with an **oracle**, which reads the labels only to leave
# false negatives out: it gains two to five points with few labels, five to eleven on *moved*.
# Without labels one can correct on average, by an estimate of $1/C$ (Chuang et al. 2020), or raise
# τ, which lowers their share of the push (and did not help in part 2).

# %% [markdown]
# ### First way out: a queue
#
# MoCo (He et al. 2020) keeps the $Q$ latest keys in a **queue** and uses them as negatives for a
# small batch. They need no gradient, so they cost memory for $\mathbf z$ only. (A **memory
# bank**, Wu et al. 2018, holds one key for *every* training picture, up to an epoch old. Not the
# same.)
#
# **As it is usually told:** “a queue of 65,536 is free.”
#
# **Before you run the next cell:** with $d=128$ and 4 bytes a number, how many MB is it? And what
# does a batch of 4,096 pictures need in our little encoder alone?

# %% tags=["F-queue-memory", "S-moco"]
from helpers.negatives import outputs_kept

neg_megabytes = {
    "queue, 65,536 keys of 128": 65_536 * 128 * 4,
    "memory bank of ImageNet, 1,281,167 keys": 1_281_167 * 128 * 4,
    "what our layers put out for 8,192 views":
        outputs_kept(network_of_z(simclr_run), test_images[:1]) * 8192 * 4}
for name, size in neg_megabytes.items():
    print(f"{name:40s}{size / 1e6:8.1f} MB")
print(f"products for one query against the queue: {65_536 * 128:,}")
assert neg_megabytes["queue, 65,536 keys of 128"] == 33_554_432 and 3.4e8 < size < 6e8

# %% [markdown]
# 33.6 MB: small, not free. There are also 8.4 million multiplications for each query, and a
# second network in memory. But the batch of 4,096 needs over ten times as much for what
# backpropagation has to remember, even with our toy encoder; for a large one it is gigabytes.
#
# Build the queue: a fixed array and the place of the oldest key.

# %% [markdown] exercise="X-queue"
# ### A queue that goes round
#
# Put a batch of keys into the queue, one after the other: the first goes to row `place`, the next
# to the row below, and after the last row it goes on at row 0, always overwriting what was there.
# Return the new queue (a new array of 64-bit floats) and the new place, where the *next* key will
# go. A batch may be empty, or have more keys than the queue has rows; then the last ones remain.
# Lists are accepted, inputs stay as they are, and keys are stored as they come.

# %% solution="X-queue"
def push_keys(queue: np.ndarray, place: int, keys: np.ndarray) -> tuple[np.ndarray, int]:
    """Overwrite the oldest keys of a queue with new ones.

    Parameters
    ----------
    queue : array_like (Q, d)
        Q >= 1 keys.
    place : int
        Row of the oldest key, 0 to Q - 1.
    keys : array_like (n, d)
        New keys, in order.

    Returns
    -------
    queue : ndarray (Q, d)
    place : int
        0 to Q - 1.
    """
    ### BEGIN SOLUTION
    queue = np.array(queue, dtype=float)
    for key in keys:
        queue[place] = key
        place = (place + 1) % len(queue)
    return queue, place
    ### END SOLUTION


# %% check="X-queue"
check("X-queue", push_keys)
### BEGIN HIDDEN TESTS
check("X-queue", push_keys, seed=7331, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `np.array(queue, dtype=float)` makes a copy that you may write to. A loop over the keys is fine.
#
# </details>
# <details><summary>Hint 2</summary>
#
# After each key: `place = (place + 1) % len(queue)`. The modulo takes you from the last row to
# the first. Return both.
#
# </details>
# <details><summary>Help: only “more keys than rows” fails</summary>
#
# With slices you must keep the last $Q$ keys *and* start where the first of them belongs, which
# is not `place` but row $(\text{place}+n-Q)$ modulo $Q$. The loop does it by itself.
#
# </details>

# %% [markdown]
# ### Why a slow network makes the keys
#
# A key waits in the queue for $Q/N$ steps while the network learns on. MoCo therefore lets a
# second network make the keys, which follows the first one slowly: after each step each of its
# weights becomes $m\cdot\text{slow}+(1-m)\cdot\text{fast}$. This **momentum** $m$ was .999 in the
# paper; with $m=0$ its training failed (He et al. 2020, section 4.1).

# %% [markdown] exercise="X-ema"
# ### The slow network
#
# Networks are given as dicts from names to arrays, as PyTorch's `state_dict()` lists them. Return
# the slow network after one step: a new plain dict with *its* names, each array being `momentum`
# times the slow one plus 1 − `momentum` times the fast one's array of the same name. Arrays of
# whole numbers are counts (such as the batches that a BatchNorm has seen): take those from the
# fast network as they are. The fast network's names may come in another order, and there may be
# more of them (a predictor's, say), which are ignored. Inputs stay as they are.

# %% solution="X-ema"
def momentum_step(
    slow: dict[str, np.ndarray], fast: dict[str, np.ndarray], momentum: float
) -> dict[str, np.ndarray]:
    """Let the slow network follow the fast one by one step.

    Parameters
    ----------
    slow, fast : dict of str to ndarray
        Weights and counts by name; those of `slow` are in `fast` too, with the same shapes.
    momentum : float
        0 to 1.

    Returns
    -------
    dict of str to ndarray
    """
    ### BEGIN SOLUTION
    new = {}
    for name, old in slow.items():
        if old.dtype.kind == "i":
            new[name] = fast[name].copy()
        else:
            new[name] = momentum * old + (1 - momentum) * fast[name]
    return new
    ### END SOLUTION


# %% check="X-ema"
check("X-ema", momentum_step)
### BEGIN HIDDEN TESTS
check("X-ema", momentum_step, seed=7332, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Go through `slow.items()` and look up `fast[name]`; build a new dict.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `old.dtype.kind == "i"` tells whole numbers from weights.
#
# </details>

# %% [markdown]
# Now two trainings, with $m=.99$ and with $m=0$: batches of 64, a queue of 1,024.
#
# **Before you run the next cell:** what should go wrong with $m=0$?

# %% tags=["S-moco"]
from helpers.moco_keys import key_drift, train_moco_watched
from helpers.side_by_side import train_side_by_side

moco_runs = train_side_by_side(
    {m: partial(train_moco_watched, small_images, test_images[:512], momentum=m)
     for m in (0.99, 0.0)}, label="MoCo")
for m, run in moco_runs.items():
    found = quality(run.encoder, *simclr_sets)
    print(f"m = {m:4}: " + "   ".join(f"{test} {found[test]:.3f}" for test in TESTS)
          + f"   uniformity {run.history['uniformity'][-1]:.2f}, "
          f"loss {run.history['loss'][-1]:.2f}")
    stored = neg_scores(f"momentum {m:g}")[0]
    assert found["few"] < 0.7 if m == 0 else abs(found["few"] - stored) < 0.06
print(f"untrained: few {simclr_scores['untrained']['few']:.3f}; SimCLR with batches of 64: few "
      f"{neg_scores('batch 64').mean():.3f}; blind guessing among 1,025: loss {math.log(1025):.2f}")

# %% [markdown]
# With $m=0$ the encoder ends, with few labels, *below an untrained one*. To see why, we asked the
# key network about 512 pictures now and then. How far has the key of a picture moved while it
# waited 16 steps, the length of the queue? The unit is the mean *squared* distance of two
# different pictures: at 1, an old key is as far off as a stranger's.

# %% tags=["S-moco"]
fig, ax = plots.figure(height=3.2)
for m in ("0", "0.9", "0.99", "0.999"):
    drift = np.array([run["drift"] for run in neg_stored[f"momentum {m}"].values()]).mean(axis=0)
    ax.semilogy(16 * np.arange(1, len(drift) + 1), drift, "o-", markersize=3, label=f"m = {m}")
    few = neg_scores(f"momentum {m}")
    print(f"m = {m:5s} largest drift {drift.max():6.3f}   few {few.min():.3f} to {few.max():.3f}")
    assert m != "0" or drift[1:5].min() > 1.2  # from 32 to 80 steps
ax.axhline(1, color="black", linestyle=":", linewidth=1)
ax.set(xlabel="steps of training", ylabel="squared drift in 16 steps", ylim=(1e-4, 10))
ax.legend()
plots.show(fig, alt="Drift of keys against training steps, on a logarithmic axis. For momentum 0 "
           "it rises above 3 and falls; for .9 to above 1; for .99 it stays below .1; for .999 it "
           "stays below .003.")
for m, run in moco_runs.items():
    live = key_drift(run.extras["keys"], wait=4).max()
    print(f"live, m = {m}: largest drift {live:.2f}")
    assert live > 1.5 if m == 0 else live < 0.3
ranks = [neg_scores(f"momentum {m}") for m in ("0", "0.9", "0.99")]
assert all((b - a > 0.05).all() for a, b in zip(ranks[:-1], ranks[1:], strict=True))
assert (neg_scores("momentum 0.999") < ranks[2] + 0.01).all() and ranks[0].max() < 0.63
sizes = {256: neg_scores("queue 256"), 1024: ranks[2], 4096: neg_scores("queue 4096")}
print("few by size of the queue: " + ", ".join(
    f"{size}: {few.mean():.3f}" for size, few in sizes.items()))
assert (sizes[256] > sizes[4096] + 0.01).all()

# %% [markdown]
# With $m=0$, old keys are strangers to their own pictures for most of the first hundred steps.
# Such a queue says nothing about pictures, and the vectors shrink into a cone (uniformity near 0)
# from which the encoder probably finds out too late: its loss ends close to blind guessing.
# ($m=.9$ passes 1 as well, for a shorter time, and recovers to .72.) With $m=.99$ the squared
# drift stays below a tenth of the unit.
#
# And .999, as in the paper? Its keys hardly move, and the result is no better; two seeds cannot
# tell the two apart. After 372 steps that network is still $.999^{372}=69\%$ its random start.
# Choose $m$ so that $1/(1-m)$ steps are long against the wait and short against the training. A
# longer queue was *worse* (.84, .82, .81), perhaps because its keys are older; SimCLR with 126
# negatives from its own batch was better than all. A queue pays where a batch holds too few.

# %% [markdown]
# ### Second way out: hard negatives, mined
#
# If most negatives are too easy, why not choose? An index finds each picture's nearest neighbours
# by $\mathbf z$; they go into its group as negatives.
#
# **As it is usually told:** “64 hard negatives beat 4,096 random ones.”
#
# **Before you run the next cell:** how many of the 64 most similar of all 3,998 negatives are of
# the picture's own digit?

# %% tags=["F-batch", "S-hard"]
neg_choice = push_by_choice(neg_one, neg_two, test_labels, 64, 0.2, neg_rng)
for name, (push, false) in neg_choice.items():
    print(f"{name:10s} push {push:.3f}, false negatives among them {false:.0%}")
hard, random = neg_choice["64 hardest"], neg_choice["64 random"]
assert hard[0] > random[0] + 0.05 and hard[1] > 0.55 > 0.2 > random[1]

# %% [markdown]
# By their push, the 64 hardest are worth nearly all 3,998: this is what the saying means. But two
# in three of them are the same digit. Can a threshold on the cosine tell them apart?
#
# **Before you run the next cell:** of the neighbours with a cosine just below .5, how many are
# the same digit?

# %% tags=["S-hard"]
from helpers.hard_batches import cosines_to_others, nearest, pick_neighbours, train_on_groups
from helpers.plots.negatives import threshold_explorer

neg_z = embed(network_of_z(simclr_run), small_images)
neg_cosines, neg_rows = nearest(neg_z, 1500)  # faiss, an exact index; the picture itself left out
neg_same = small_labels[neg_rows] == small_labels[:, None]
for rank in (1, 10, 100, 500, 1500):
    print(f"neighbour number {rank:4d}: cosine {neg_cosines[:, rank - 1].mean():.2f}, the same "
          f"digit for {neg_same[:, rank - 1].mean():.1%}")
neg_picked, neg_notes = {}, []
for limit in (0.9, 0.8, 0.7, 0.6, 0.5):
    picked = pick_neighbours(neg_cosines, neg_rows, 7, limit)
    neg_picked[limit] = (small_labels[picked] == small_labels[:, None]).mean()
    neg_notes.append((limit, f"below {limit}: {neg_picked[limit]:.0%} of the hardest seven are "
                             "the same digit"))
assert neg_same[:, 0].mean() > 0.8 > neg_picked[0.9] - 0.1 > neg_picked[0.6] > neg_picked[0.5]
assert neg_picked[0.5] < 0.25 and (neg_cosines[:, -7] < 0.5).mean() > 0.98  # 1,500 were enough

# %% tags=["S-hard"]
neg_far, neg_label_same = cosines_to_others(neg_z, small_labels, 500)
live, static = threshold_explorer(neg_far, neg_label_same, neg_notes, shown=4)
plots.show_interactive(live, static, alt="Stacked bars: how many pictures lie at which cosine to a "
                       "query. Most with a cosine above .8 are of the same digit; below .5 few "
                       "are. A line marks a threshold of .5.")
print("; ".join(note for _, note in neg_notes[::2]))
cut = [(neg_far[mask] >= 0.5).mean() for mask in (neg_label_same, ~neg_label_same)]
print(f"a threshold of .5 shuts out {cut[0]:.0%} of the same digit and {cut[1]:.0%} of the others")
assert cut[0] > 0.4 > 0.2 > cut[1]

# %% [markdown]
# Move the slider. Of the very nearest neighbours nine in ten are the same digit; of the hardest
# seven below .5 fewer than one in five. The threshold shuts out two thirds of all false negatives
# and only a tenth of the others; but that tenth are the hardest.
#
# Now train on. All start from SimCLR after 4 epochs and get 2 more, batches of 64; a view's 14
# negatives come from its group of 8: random pictures, or one picture and its 7 hardest. Two arms
# run live; the others are stored. (*Other digits*: an oracle leaves the false ones out.)
#
# **Before you run the next cell:** rank them, with “all 126 of the batch” among them.

# %% tags=["S-hard"]
neg_mined = train_side_by_side({
    "14 random": partial(train_on_groups, simclr_run, small_images, None),
    "14 hardest": partial(train_on_groups, simclr_run, small_images,
                          pick_neighbours(neg_cosines, neg_rows, 7))}, label="SimCLR, in groups")

def neg_mining(arm, test="few"):
    return np.array([run[arm][test] for run in neg_stored["mining"].values()])

for name, run in neg_mined.items():
    few = quality(run.encoder, *simclr_sets)["few"]
    print(f"live, {name}: few {few:.3f}")
    assert abs(few - neg_mining(name)[0]) < 0.03

# %% tags=["S-hard"]
print("14 random: " + "   ".join(f"{test} {neg_mining('14 random', test).min():.3f} to "
                                 f"{neg_mining('14 random', test).max():.3f}"
                                 for test in ("few", "moved")))
neg_gaps = {}
for arm in ("14 hardest", "14 below .5", "126 random", "14 hardest, other digits",
            "14 random, other digits", "126 random, other digits"):
    for test in ("few", "moved"):
        neg_gaps[arm, test] = neg_mining(arm, test) - neg_mining("14 random", test)
    print(f"{arm:25s}minus that, by seed:   " + "   ".join(
        f"{test} " + ", ".join(f"{gap:+.3f}" for gap in neg_gaps[arm, test])
        for test in ("few", "moved")))
spoilt, guarded, many, hard, easy, easy_many = (
    neg_gaps[arm, "few"] for arm, test in neg_gaps if test == "few")
assert (spoilt < -0.01).all() and abs(guarded.mean()) < 0.015 and abs(many).max() < 0.01
assert (hard > np.maximum(0, many)).all() and (easy > 0).all() and abs((hard - easy).mean()) < 0.01
assert (easy_many - easy > 0).all() and (
    neg_gaps["126 random, other digits", "moved"] - neg_gaps["14 random, other digits", "moved"]
    > 0.015).all()

# %% [markdown]
# The *hardest* negatives are worse than random ones, because they are false. Under the threshold
# they are no better than random ones. With an oracle, hard negatives are ahead of random ones,
# even of all 126: the saying seems to hold. But look at the next line: *random* negatives of
# other digits are just as far ahead. What helped was that the false ones were gone; hardness by
# itself bought nothing. (These gaps on *few* hold seed by seed; they are no larger than the
# spread between seeds.)
#
# Their *number* did buy something, once the false ones were out: with an oracle, 126 random
# negatives are ahead of 14, on *moved* by about 2.5 points from each of three seeds. With the
# false ones in, 126 did no better on *few* than 14.
#
# So “few hard beat many random” needs above all a way to tell hard from false: labels, clicks, or
# a pair known to be wrong. And random negatives must be too easy, which ours were not.

# %% [markdown]
# ### Q12: why large batches?
#
# > **An interviewer asks:** “Why does contrastive learning use large batches? Give me two ways to
# > do without, and tell me what each costs.”
#
# Two functions give you the evidence.

# %% [markdown] exercise="Q12-push"
# ### Whom does the loss push?
#
# For each query, take the softmax over its positive and its negatives of similarity divided by
# temperature. Return two arrays: the sum of the probabilities of its negatives (the push), and
# the share of *that sum* that falls on false negatives (`same` is true, or 1). Both must be exact
# for temperatures down to .001, for 32-bit input too (go to 64 bits first), and where the push is
# tiny: add up the negatives' probabilities, since 1 minus the positive's would round to 0. The
# share must be right even where the push itself rounds to 0. Lists are accepted.

# %% solution="Q12-push"
def push_on_negatives(
    positive: np.ndarray, negatives: np.ndarray, same: np.ndarray, temperature: float
) -> tuple[np.ndarray, np.ndarray]:
    """Measure how hard InfoNCE pushes a query's negatives, and how much of it is misdirected.

    Parameters
    ----------
    positive : array_like (n,)
        Similarity of each query to its positive.
    negatives : array_like (n, K)
        To its K >= 1 negatives.
    same : array_like of bool (n, K)
        Which negatives are of the query's own class.
    temperature : float

    Returns
    -------
    push, misdirected : ndarray (n,)
        Between 0 and 1.
    """
    ### BEGIN SOLUTION
    right = np.asarray(positive, dtype=float) / temperature
    wrong = np.asarray(negatives, dtype=float) / temperature
    top = wrong.max(axis=1)
    weights = np.exp(wrong - top[:, None])
    totals = weights.sum(axis=1)
    misdirected = (weights * same).sum(axis=1) / totals
    largest = np.maximum(top, right)
    wrong_sum = totals * np.exp(top - largest)
    push = wrong_sum / (wrong_sum + np.exp(right - largest))
    return push, misdirected
    ### END SOLUTION


# %% check="Q12-push"
check("Q12-push", push_on_negatives)
### BEGIN HIDDEN TESTS
check("Q12-push", push_on_negatives, seed=7333, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Do the second result first: a softmax over the *negatives alone*, `weights = np.exp(wrong -
# top[:, None])` with `top = wrong.max(axis=1)`; the share is the part of the weights with `same`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# For the push bring both sides to one scale: with `largest = np.maximum(top, right)`, the
# negatives sum to `weights.sum(axis=1) * np.exp(top - largest)` and the positive is `np.exp(right
# - largest)`.
#
# </details>
# <details><summary>Help: only “a push of e^-60” fails</summary>
#
# You return 1 minus the positive's probability. That probability rounds to 1 in 64 bits; the sum
# of the negatives does not round to 0.
#
# </details>

# %% [markdown] exercise="Q12-mine"
# ### Hard negatives under a threshold
#
# For each query find the columns of its `k` most similar pictures whose similarity is *below* the
# threshold, the most similar first; among equals the lower column first. Column `own[i]` is query
# $i$'s own picture and never counts. Where fewer than `k` are left, fill up with −1. Lists are
# accepted, and inputs stay as they are.

# %% solution="Q12-mine"
def mine_negatives(similarities: np.ndarray, own: np.ndarray, k: int, below: float) -> np.ndarray:
    """Choose each query's hardest negatives that are not too similar.

    Parameters
    ----------
    similarities : array_like (n, P)
        Of n queries to P pictures.
    own : array_like of int (n,)
        Column of each query's own picture.
    k : int
        How many; may exceed P.
    below : float
        Only similarities less than this count; may be infinite.

    Returns
    -------
    ndarray of int (n, k)
        Columns, -1 where none is left.
    """
    ### BEGIN SOLUTION
    scores = np.array(similarities, dtype=float)
    rows = np.arange(len(scores))
    scores[rows, own] = np.inf
    usable = scores < below
    order = np.argsort(np.where(usable, -scores, np.inf), kind="stable")[:, :k]
    found = np.full((len(scores), k), -1)
    found[:, : order.shape[1]] = np.where(usable[rows[:, None], order], order, -1)
    return found
    ### END SOLUTION


# %% check="Q12-mine"
check("Q12-mine", mine_negatives)
### BEGIN HIDDEN TESTS
check("Q12-mine", mine_negatives, seed=7334, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Copy the similarities, make the own pictures infinite, so that no threshold lets them in, and
# mark `usable = scores < below`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Sort `np.where(usable, -scores, np.inf)` along the rows, with `kind="stable"` for the ties: the
# usable ones stand in front. Which of the first `k` columns are not usable?
#
# </details>

# %% [markdown] exercise="Q12-conclusions"
# ### What follows about negatives?
#
# Which of these statements follow from what you measured? Assign a set of letters.
#
# - **A.** With pictures and steps equal (and false negatives left in), the encoder gained little
#   from more than some 30 negatives a view.
# - **B.** Large batches harm contrastive learning: with 1,024 pictures a batch the encoder was
#   far worse than with 32.
# - **C.** The larger the batch, the smaller the expected share of false negatives.
# - **D.** Which share of the push goes to false negatives depended more on the temperature than
#   on the batch size, from 32 pictures on.
# - **E.** With momentum 0, a queued key could be as far from its own picture as a stranger's is.
# - **F.** Momentum .999 is the right choice, since the paper used it.
# - **G.** The nearest neighbours of a picture are the best negatives to train on.

# %% solution="Q12-conclusions"
chosen_q12 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q12 = {"A", "D", "E"}
### END SOLUTION

# %% check="Q12-conclusions"
check("Q12-conclusions", chosen_q12)
### BEGIN HIDDEN TESTS
check("Q12-conclusions", chosen_q12, seed=7335, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# **Your turn to answer.** “Why large batches, and two ways to do without?” Write 200 to 300
# words.
#
# <details><summary>Rubric (4 points)</summary>
#
# 1. Why: more negatives raise the push (more are needed at low temperatures) and make its
#    direction less noisy (at any temperature); both saturate. What else grows with a batch
#    (pictures a step, fewer steps).
# 2. Queue: how it works, why a slow network, how to choose $m$, what it costs.
# 3. Mined hard negatives: how, why false negatives spoil them, the guard, when it pays.
# 4. False negatives: share and number against the batch, share of the push, evidence.
# </details>

# %% [markdown] written="Q12-written" points=4
# **Why.** The pushes on a view's negatives add up to $1-p^+$. With few negatives the quiz is
# easy, little push is left, and its direction is noisy; with more, both come close to those of
# all negatives. A low temperature needs more for its push, as it listens to the hardest only. It
# saturates: with all else equal, our encoder gained from 2 to 30 negatives and hardly from there
# to 254. A large batch also means more pictures a step, so it wins at equal steps and loses at
# equal pictures. “4,096 is required” mixes these up.
#
# **Queue.** MoCo keeps the last $Q$ keys as negatives: 65,536 of 128 numbers are 33.6 MB, far
# less than what backpropagation keeps for 4,096 pictures. Keys must stay comparable while they
# wait, so a slow copy makes them. Without it ($m=0$) our keys moved farther than pictures lie
# apart, and with few labels the encoder ended below an untrained one. $1/(1-m)$ should be long
# against the wait and short against the training. Cost: a second forward pass, a second
# network, products with the queue.
#
# **Hard negatives.** Search an index of the current vectors for near neighbours, refresh it now
# and then. On our digits two in three of the 64 hardest were false, of the very nearest nine in
# ten, and training suffered; under a threshold they were no better than random; hard true ones,
# picked by an oracle, won no more than random true ones. Mining pays where random negatives are
# too easy and false ones can be told.
#
# **False negatives.** Their expected share is $\sum\pi_c^2\approx1/C$ at any batch size; their
# number grows with it. Their share of the *push* is far larger (.4 at τ = .2 with a tenth of the
# heads) and depends on τ. Leaving them out, by labels, gained two to five points on *few*.

# %% [markdown]
# ## 4. Without negatives
#
# > **An interviewer asks:** “BYOL has no negatives. If its network gave every picture the same
# > vector, its loss would be zero. So why does it not do that?”
#
# Everything so far was held apart by negatives. Two families do without: BYOL and SimSiam, where
# one view *predicts* the other, and Barlow Twins, which asks that coordinates say different
# things. In this part you make encoders **collapse** on purpose, find out which brake held,
# work out on one weight why it holds, and learn to see a collapse that the usual gauge misses.
#
# Write down first: which of BYOL's three parts (a predictor, a stopped gradient, a slow target)
# could you leave out?

# %% [markdown]
# ### What does a constant cost?
#
# **As it is usually told:** “a constant minimises the contrastive loss, so one must prevent
# collapse.” We take four losses at two places: all vectors equal, and each picture on a random
# direction of its own with both views in exactly the same place.
#
# **Before you run the next cell:** at which losses is the constant a minimum? And what is the
# *gradient* of NT-Xent at the constant?

# %% tags=["F-collapse"]
from helpers.contrastive import barlow_twins_loss, byol_loss, nt_xent, triplet_loss

N, d = 128, 64
apart = torch.tensor(np.random.default_rng(4).normal(size=(N, d)))
constant = torch.ones(N, d, dtype=float)
four_losses = {"NT-Xent, tau .2": lambda z: nt_xent(z, z, 0.2),
               "triplet, margin .2": lambda z: triplet_loss(z, z, z.roll(1, 0)),
               "BYOL": lambda z: byol_loss(z, z),
               "Barlow Twins": lambda z: barlow_twins_loss(z, z, 0.03)}
at_constant = {name: loss(constant).item() for name, loss in four_losses.items()}
for name, loss in four_losses.items():
    print(f"{name:19s} at a constant {at_constant[name]:7.3f}   apart {loss(apart).item():7.3f}")
print(f"log(2N - 1) = {math.log(2 * N - 1):.3f}")
assert abs(at_constant["NT-Xent, tau .2"] - math.log(2 * N - 1)) < 1e-9
assert four_losses["NT-Xent, tau .2"](apart) < 1.5 and at_constant["Barlow Twins"] == d
assert abs(at_constant["BYOL"]) < 1e-9

# %% tags=["F-collapse"]
for start, name in ((constant, "exactly constant"), (constant + 0.01 * apart, "nearly constant")):
    z = start.clone().requires_grad_()
    values = []
    for _ in range(300):  # Move the vectors themselves, both views of a picture together
        loss = nt_xent(z, z, 0.2)
        (slope,) = torch.autograd.grad(loss, z)
        values.append(loss.item())
        z = (z - 20 * slope).detach().requires_grad_()
    print(f"{name}: NT-Xent {values[0]:.3f} to {values[-1]:.3f} in 300 steps")
    if name == "exactly constant":
        assert abs(values[-1] - values[0]) < 1e-6
assert values[0] > 5 and values[-1] < 1.5

# %% [markdown]
# The saying holds for one loss of the four. With negatives a constant is expensive: NT-Xent is
# $\log(2N-1)$ there, the loss of blind guessing. It is a place without a slope, but like the top
# of a ridge: from nearly constant vectors the loss leads away. The triplet loss charges its
# margin, .2, Barlow Twins $d$. Only BYOL's loss is 0, and no slope leads away.

# %% [markdown]
# ### BYOL: predict the other view
#
# BYOL (“bootstrap your own latent”; Grill et al. 2020) has an encoder and head as SimCLR has,
# with output $\mathbf z$, and three parts:
#
# - a **predictor** $q$, a small network: from $\mathbf z$ of one view it guesses the other's;
# - a **stop-gradient**: what is to be guessed counts as given, no gradient goes there;
# - a **slow target**: what is to be guessed comes from a copy of the network whose weights follow
#   as an exponential mean with momentum $m$ (part 3).
#
# $$L=\big\lVert\,\overline{q(\mathbf z)}-\overline{\mathbf z}'\,\big\rVert^2=2-2\cos$$
#
# (A bar is scaling to length 1, $\mathbf z'$ the target's output for the other view; it is taken
# in both directions and averaged.) We train it whole and with one part missing. Collapse is
# measured by **std**: the standard deviation of each coordinate of unit $\mathbf z$ over a batch,
# averaged and multiplied by $\sqrt d$; 1 is evenly spread, 0 is a point.
#
# **Before you run the next cell:** which of the four reach the lowest *loss*?

# %% tags=["S-byol"]
from functools import partial

from helpers.self_supervised import train_byol
from helpers.side_by_side import train_side_by_side

byol_settings = {"byol": {}, "no slow target": {"momentum": 0},
                 "no predictor": {"predictor": False}, "no stop-gradient": {"stop_gradient": False}}
byol_runs = train_side_by_side({
    name: partial(train_byol, small_images, epochs=4, **settings)
    for name, settings in byol_settings.items()})

# %% tags=["S-byol", "F-collapse"]
from helpers.collapse import diagnose, load_collapse_runs

byol_stored = load_collapse_runs()["runs"]
fig, panels = plots.figure(1, 2, width=9.5, height=3.3)
for colour, (name, run) in zip(plots.COLOURS, byol_runs.items(), strict=False):
    for seed, row in byol_stored[name].items():
        for ax, what in zip(panels, ("loss", "std"), strict=True):
            history = run.history if seed == "1" else row["history"]
            ax.plot(history["epoch"], history[what], color=colour, alpha=1 if seed == "1" else 0.4,
                    linewidth=2 if seed == "1" else 1, label=name if seed == "1" else None)
panels[0].set(xlabel="epoch", ylabel="loss (2 − 2 cos)", yscale="log")
panels[1].set(xlabel="epoch", ylabel="std of z (1 is spread out)", ylim=(0, 1))
panels[1].legend(loc="center right", fontsize=9)
plots.show(fig, alt="Left: the loss falls to about .4 with all parts and without a slow target, "
           "and to about .001 without predictor or stop-gradient. Right: the std of z stays near "
           ".7 for the first two and falls to .1 in the first epoch for the last two.")

# %% tags=["S-byol", "F-collapse"]
from helpers.image_quality import load_image_runs

byol_rows = {"untrained": load_image_runs()["runs"]["untrained"]}
norms = ["norm: none", "norm: layer", "norm: first batch"]  # In place of BatchNorm, see below
byol_rows |= {name: byol_stored[name] for name in (*byol_settings, *norms, "byol, 12 epochs",
                                                   "simclr")}
for name, rows in byol_rows.items():
    few, far = (np.array([row["h"][test] for row in rows.values()]) for test in ("few", "moved"))
    print(f"{name:17s} few {few.min():.2f} to {few.max():.2f}   moved {far.min():.2f} to "
          f"{far.max():.2f}", end="")
    std, loss = ([f(row) for row in rows.values() if "std" in row] for f in
                 (lambda row: row["std"], lambda row: row["history"]["loss"][-1]))
    print(f"   std of z {min(std):.2f} to {max(std):.2f}   loss {min(loss):.3f} to {max(loss):.3f}"
          if std else "")
# What the text below says of these runs, asserted
for name, run in byol_runs.items():
    early = [row["history"]["std"][4] for row in byol_stored[name].values()]  # after 50 batches
    assert max(early) < 0.2 or min(early) > 0.5
    row = byol_stored[name]["1"]["history"]
    assert abs(run.history["std"][-1] - row["std"][-1]) < 0.08
    assert (run.history["std"][-1] > 0.5) == (name in ("byol", "no slow target"))
    assert (run.history["loss"][-1] < 0.01) == (name in ("no predictor", "no stop-gradient"))
few, far = ({name: [row["h"][test] for row in rows.values()] for name, rows in byol_rows.items()}
            for test in ("few", "moved"))
assert max(few["no stop-gradient"]) < min(few["untrained"]) - 0.1
assert abs(np.mean(few["no predictor"]) - np.mean(few["untrained"])) < 0.05
assert min(few["byol"]) > max(few["no predictor"]) + 0.01
assert all(row["std"] < 0.1 for name in norms for row in byol_stored[name].values())
assert max(far["byol, 12 epochs"]) < min(far["simclr"]) and max(far["byol"]) < 0.5

# %% [markdown]
# (Thin lines and ranges: stored seeds, `python -m benchmarks.contrastive_collapse`. *few* and
# *moved* are part 2's tests of $\mathbf h$.)
#
# Of the four in the figure, the lowest losses belong to the two that **collapsed**: their
# $\mathbf z$ is almost one vector for all pictures, within the first epoch, from every start.
# (SimCLR's loss is NT-Xent; the rows “norm” come below.) Without a slow target nothing bad
# happened. That is SimSiam (Chen & He 2021). BYOL's authors saw it fail, and work
# once the predictor learned faster (Grill et al. 2020, appendix).
#
# Two warnings. The loss would have told you the wrong winner. And *few* is a weak alarm: what
# collapsed is $\mathbf z$; without a predictor $\mathbf h$ in front of it stays where an untrained
# network is; without stop-gradient it falls well below. BYOL itself is slow here: on moved
# pictures, after twelve epochs it has not reached SimCLR after four.

# %% [markdown]
# ### “It is the BatchNorm”
#
# **As it is usually told:** “BYOL works because BatchNorm compares each picture with the rest of
# its batch, which is a hidden form of negatives.” On ImageNet, GroupNorm with standardised
# weights, which never looks at the batch, reached 73.9% against 74.3% (Richemond et al. 2020).
#
# And here the two runs without a brake *had* BatchNorm, in head and predictor, and collapsed. So
# it is neither enough nor, by the paper, indispensable. We found no replacement: the rows “norm”
# have nothing, LayerNorm, or fixed numbers (mean and deviation of one batch before training;
# with something like it the paper had 65.7%), and all three collapsed. Two seeds of one small
# network at one step size decide no more.

# %% [markdown]
# ### Why they hold: a model with one weight
#
# Shrink BYOL until we can see through it (after Tian, Chen & Ganguli 2021). The network is a
# matrix $W$, the predictor a matrix $P$, there is no scaling to length 1, and view 1 predicts
# view 2:
#
# $$L=\frac1{2n}\sum_{i=1}^{n}\big\lVert P\,W\mathbf x_i-W\mathbf x'_i\big\rVert^2$$
#
# $W=0$ costs nothing. With stop-gradient $W\mathbf x'_i$ is a given number when we differentiate.
# The steps then follow the gradient of *no* fixed function of the weights, so they need not lower
# $L$. First work out both gradients; then we look at where they lead.

# %% [markdown] exercise="Q13-gradient"
# ### What stop-gradient takes away
#
# Row $i$ of `x1` and of `x2` are two views of a picture. Compute the gradients of $L$ above with
# respect to the predictor $P$ and to the weights $W$, in this order. With `stop_gradient` the
# targets $W\mathbf x'_i$ count as given numbers; without it $W$ gets a gradient through them too.
# Only `x1` predicts `x2`, not the reverse. Lists are accepted; inputs stay as they are.

# %% solution="Q13-gradient"
def byol_gradients(
    weights: np.ndarray,
    predictor: np.ndarray,
    x1: np.ndarray,
    x2: np.ndarray,
    stop_gradient: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Differentiate the loss of a linear BYOL.

    Parameters
    ----------
    weights : array_like (d, D)
        W of the network, z = W x.
    predictor : array_like (d, d)
        P.
    x1, x2 : array_like (n, D)
        Two views of each of n pictures.
    stop_gradient : bool
        Whether the targets count as given numbers.

    Returns
    -------
    for_predictor : ndarray (d, d)
    for_weights : ndarray (d, D)
    """
    ### BEGIN SOLUTION
    weights, predictor = np.asarray(weights, dtype=float), np.asarray(predictor, dtype=float)
    x1, x2 = np.asarray(x1, dtype=float), np.asarray(x2, dtype=float)
    z = x1 @ weights.T
    error = (z @ predictor.T - x2 @ weights.T) / len(x1)
    for_predictor = error.T @ z
    for_weights = predictor.T @ error.T @ x1
    if not stop_gradient:
        for_weights = for_weights - error.T @ x2
    return for_predictor, for_weights
    ### END SOLUTION


# %% check="Q13-gradient"
check("Q13-gradient", byol_gradients)
### BEGIN HIDDEN TESTS
check("Q13-gradient", byol_gradients, seed=7341, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# With pictures as rows, `z = x1 @ W.T` is (n, d), the prediction `z @ P.T`, the target `x2 @
# W.T`. The error is prediction minus target; the ½ cancels the 2 of the square, and the mean
# leaves $1/n$.
#
# </details>
# <details><summary>Hint 2</summary>
#
# It is backpropagation through two linear layers. For the last one, $P$: error (turned to (d, n))
# times its input `z`. For $W$ the error first goes back through $P$: $P^\top$ error times `x1`.
#
# </details>
# <details><summary>Hint 3</summary>
#
# `for_predictor = error.T @ z`, `for_weights = P.T @ error.T @ x1`, with `error` divided by n.
# Without stop-gradient subtract `error.T @ x2`: the target stands in the error with a minus.
#
# </details>
# <details><summary>Help: my check says the shape is wrong</summary>
#
# A gradient has the shape of what it changes: (d, d) for the predictor, (d, D) for the weights,
# and the predictor's comes first.
#
# </details>

# %% [markdown]
# ### Where the steps lead
#
# Take one weight $w$ and, as predictor, one number $p$. Inputs have variance 1, and each view
# adds its own noise of variance $\sigma^2=.5$: the mean of $x^2$ is $1+\sigma^2$, that of $xx'$
# is 1. Your gradients become
#
# $$\frac{\partial L}{\partial p}=w^2\big(p(1+\sigma^2)-1\big),\qquad
# g_w=p\,w\big(p(1+\sigma^2)-1\big)\;\;\text{(stopped)}.$$
#
# Without stop-gradient, $g_w$ gets $w(1+\sigma^2-p)$ on top.
#
# **Before you run the next cell:** five paths, three with stop-gradient (from $w=.1$ with $p=.3$
# and with $p=1.1$, and with $p$ fixed at 1) and two without. On which does $w$ grow? And the
# loss: can it *rise*?

# %% tags=["F-collapse"]
from helpers.collapse import linear_byol
from helpers.plots.collapse import flow_panels

paths = {"with stop-gradient": {
    "from p = .3": linear_byol(0.1, 0.3), "from p = 1.1": linear_byol(0.1, 1.1),
    "no predictor (p = 1)": linear_byol(0.8, 1.0, predictor=False)},
    "no stop-gradient": {"from w = .1": linear_byol(0.1, 0.3, stop_gradient=False),
                         "from w = 1": linear_byol(1.0, 0.5, stop_gradient=False)}}
plots.show(flow_panels(paths, noise=0.5), alt="Two flow pictures of weight w over predictor p, and "
           "a curve of losses. With stop-gradient the path from p = .3 climbs to w = .6 and p = "
           ".67; from p = 1.1, without a predictor, and in the second picture everywhere, paths "
           "fall to w = 0. The loss rises on the path that climbs.")
for title, lines in paths.items():
    for name, path in lines.items():
        print(f"{title}, {name}: w {path[0, 0]:.2f} to {path[-1, 0]:.3f}, loss {path[0, 2]:.4f} to "
              f"{path[-1, 2]:.4f}")
heavy = linear_byol(1.0, 1.1)[-1, 0]
print(f"best guess: p = 1 / 1.5 = {1 / 1.5:.3f};   from w = 1, p = 1.1: w ends at {heavy:.3f}")
climbs, *falls = paths["with stop-gradient"].values()
assert climbs[-1, 0] > 0.5 and climbs[-1, 2] > 10 * climbs[0, 2]
assert abs(climbs[-1, 1] - 1 / 1.5) < 0.01
for end, w, p in ((climbs[-1, 0], 0.1, 0.3), (heavy, 1, 1.1)):
    assert abs(end - math.sqrt(1 / 1.5**2 + w**2 - p**2)) < 0.01
assert all(path[-1, 0] < 0.001 for path in [*falls, *paths["no stop-gradient"].values()])
assert linear_byol(0.0, 0.3)[-1, 0] == 0

# %% [markdown]
# On one path of five the weight grows, and there the loss **rises**: vectors that vary cost more
# than none. Read it from the signs. A good predictor is *cautious*: the noise of view 1 makes
# $p=1/(1+\sigma^2)<1$ the best guess. A positive $p$ below that guesses *too short*, and a
# guess that is too short can be mended, since the target stands still, only by growing. So $w$
# grows until $p$ has caught up. Without a predictor the guess is always too long, and $w$
# shrinks (dashed; the arrows hold for a learned $p$). Without stop-gradient the target can come
# down to the guess, which is cheaper.
#
# Divide the two gradients: with stop-gradient and small steps $w^2-p^2$ keeps its value. From
# $w=.1$, $p=.3$ that gives the end, $w=\sqrt{.667^2+.1^2-.3^2}=.60$. With $p=1.1$ there is no
# such root, and $w$ ends at 0; a larger start, $w=1$, survives the same $p$.
#
# Collapse is still a point of zero loss: $w=0$ stays at 0, and a predictor that starts too large
# for its weight ends there. **Where collapse is avoided, it is by the dynamics; nothing forbids
# it.** (Real BYOL scales to length 1 and is not linear: the model shows that the brake *can*
# hold, not that it must.)

# %% [markdown]
# ### Barlow Twins: say different things
#
# Barlow Twins (Zbontar et al. 2021) forbids collapse in the loss. Standardise each coordinate of
# $\mathbf z$ over the batch, in both views, and correlate coordinate $i$ of view 1 with
# coordinate $j$ of view 2. The matrix $C$ of these correlations (not the number of classes),
# $d\times d$, should be the identity:
#
# $$L=\sum_i(1-C_{ii})^2+\lambda\sum_{i\ne j}C_{ij}^2$$
#
# The diagonal says: *the same in both views*. The rest says: *no two coordinates alike*. Note the
# change of view: SimCLR compares pictures with pictures, Barlow Twins columns with columns. There
# is no predictor, no second network, and both sides get gradients.
#
# **Before you go on:** what does a constant cost, and what a network that has one good feature
# and copies it into all $d$ coordinates?

# %% [markdown] exercise="X-barlow"
# ### The loss of Barlow Twins
#
# Compute $L$ for two views of $n$ pictures. Standardise each coordinate over the $n$ rows of its
# own side (mean 0, standard deviation 1, dividing by $n$); a coordinate whose standard deviation
# is below $10^{-12}$ becomes 0. $C_{ij}$ is the mean over pictures of coordinate $i$ in `z1`
# times coordinate $j$ in `z2`. Both terms are sums. Compute in 64 bits (`dtype=float`). Lists are
# accepted; inputs stay as they are.

# %% solution="X-barlow"
def barlow_loss(z1: np.ndarray, z2: np.ndarray, off_diagonal: float = 0.005) -> float:
    """Compute how far the cross-correlation of two views is from the identity.

    Parameters
    ----------
    z1, z2 : array_like (n, d)
        Two views of each of n pictures.
    off_diagonal : float
        Weight lambda of what is off the diagonal.

    Returns
    -------
    float
    """
    ### BEGIN SOLUTION
    sides = []
    for z in (z1, z2):
        z = np.asarray(z, dtype=float)
        spread = z.std(axis=0)
        sides.append((z - z.mean(axis=0)) / np.where(spread < 1e-12, np.inf, spread))
    c = sides[0].T @ sides[1] / len(z)
    agree = np.diagonal(c)
    return np.sum((1 - agree) ** 2) + off_diagonal * (np.sum(c**2) - np.sum(agree**2))
    ### END SOLUTION


# %% check="X-barlow"
check("X-barlow", barlow_loss)
### BEGIN HIDDEN TESTS
check("X-barlow", barlow_loss, seed=7342, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Work on columns: `z.mean(axis=0)` and `z.std(axis=0)` have one number for each coordinate. Do
# not scale rows to length 1 here.
#
# </details>
# <details><summary>Hint 2</summary>
#
# $C$ is one matrix product, `a.T @ b / n`, with shape (d, d). Its diagonal is `np.diagonal(C)`.
# For a constant coordinate divide by infinity: `np.where(spread < 1e-12, np.inf, spread)`.
#
# </details>
# <details><summary>Hint 3</summary>
#
# The sum off the diagonal is `np.sum(C**2) - np.sum(diagonal**2)`. Return `np.sum((1 -
# diagonal)**2)` plus `off_diagonal` times that.
#
# </details>
# <details><summary>Help: only the constants fail</summary>
#
# Ten times .1 has a standard deviation of 1e-17, not 0, and dividing by it makes a correlation of
# ±1 out of rounding. A constant must come out as $C=0$, with loss $d$.
#
# </details>

# %% tags=["S-barlow"]
from helpers.contrastive import cross_correlation
from helpers.image_quality import network_of_z, repeated_views
from helpers.image_training import seeded_encoder
from helpers.seeding import seeded_weights
from helpers.self_supervised import train_barlow
from helpers.vision import embed

barlow_views = repeated_views(test_images[:1000], 2)

def barlow_correlations(network):
    z = torch.tensor(embed(network, barlow_views))
    z = z / z.std(0).mean()  # An untrained z is so small that the helper's eps would matter
    return cross_correlation(z[0::2], z[1::2]).numpy()

with seeded_weights(1):
    untrained_head = ProjectionHead(out=128)
untrained = barlow_correlations(torch.nn.Sequential(seeded_encoder(small_images), untrained_head))
barlow_frames = {"Barlow Twins": [untrained], "diagonal only": [untrained]}

# %% tags=["S-barlow"]
def keep_correlations(name, epoch, run):
    barlow_frames[name].append(barlow_correlations(network_of_z(run)))

barlow_runs = train_side_by_side({
    name: partial(train_barlow, small_images, epochs=4, off_diagonal=weight,
                  callback=partial(keep_correlations, name))
    for name, weight in {"Barlow Twins": 0.03, "diagonal only": 0.0}.items()})

# %% tags=["S-barlow"]
from helpers.plots.collapse import correlation_slider

barlow_stops = ["untrained", "epoch 1", "epoch 2", "epoch 3", "epoch 4"]
live, static = correlation_slider(barlow_frames, barlow_stops)
plots.show_interactive(live, static, alt="Heat maps of the cross-correlations of 24 coordinates. "
                       "Untrained: pale everywhere. Barlow Twins after four epochs: a strong "
                       "diagonal, the rest mixed and weaker. Diagonal term only: dark everywhere, "
                       "each coordinate correlated or anticorrelated with each other.")
for name, frames in barlow_frames.items():
    for when, c in (("untrained", frames[0]), ("at the end", frames[-1])):
        off = np.abs(c[~np.eye(len(c), dtype=bool)]).mean()
        print(f"{name}, {when}: mean of C_ii {np.diagonal(c).mean():.2f}, mean |C_ij| {off:.2f}")
copy = barlow_twins_loss(*2 * [apart[:, :1].expand(-1, 128)], 0.03).item()
print(f"at lambda .03 a perfect copy in 128 coordinates costs {copy:.0f}, a constant 128")
assert abs(copy - 0.03 * 128 * 127) < 1
final = {name: np.abs(frames[-1]).mean() for name, frames in barlow_frames.items()}
assert np.abs(untrained).mean() < 0.1 and np.diagonal(untrained).mean() < 0.2
assert final["Barlow Twins"] < 0.2 and final["diagonal only"] > 0.7
assert abs(np.diagonal(barlow_frames["Barlow Twins"][-1]).mean() - 0.61) < 0.1

# %% [markdown]
# A constant costs $d=128$, all from the diagonal. A perfect copy costs nothing there and
# $\lambda d(d-1)=.03\cdot128\cdot127=488$ off it: at this $\lambda$ more than the constant.
#
# Move the slider. Untrained, $C$ is almost empty, even on the diagonal: what was done to a view
# outweighs which picture it is. Barlow Twins lifts the diagonal to .61 and holds the rest to .17
# on average (it rose too, from .03). With $\lambda=0$ the diagonal is met even better, by the
# cheapest means: *one* feature, in all coordinates, with either sign.
#
# **Before you run the next cell:** the std of $\mathbf z$ of that second run: near 0, or near 1?
# And is more $\lambda$ always better?

# %% tags=["S-barlow", "F-collapse"]
barlow_arms = {0: "off-diagonal 0", 0.003: "off-diagonal 0.003", 0.03: "barlow",
               0.3: "off-diagonal 0.3", 3: "off-diagonal 3"}
for weight, name in barlow_arms.items():
    rows = list(byol_stored[name].values())
    few, far = ([row["h"][test] for row in rows] for test in ("few", "moved"))
    print(f"lambda {weight:<5} few {min(few):.2f} to {max(few):.2f}   moved {min(far):.2f} to "
          f"{max(far):.2f}   std {np.mean([row['std'] for row in rows]):.2f}   effective rank "
          f"{np.mean([row['rank'] for row in rows]):4.1f}   "
          f"C_ii {np.mean([row['diagonal'] for row in rows]):.2f}   "
          f"|C_ij| {np.mean([row['off_diagonal'] for row in rows]):.2f}")
best, copied = (byol_stored[barlow_arms[weight]] for weight in (0.03, 0))
worst_of_best = {test: min(row["h"][test] for row in best.values()) for test in ("few", "moved")}
for weight, name in barlow_arms.items():
    for row in byol_stored[name].values() if weight != 0.03 else ():
        assert all(row["h"][test] < worst_of_best[test] - 0.02 for test in worst_of_best)
assert all(row["std"] > 0.8 and row["rank"] < 3 for row in copied.values())
assert all(row["rank"] > 7 for row in best.values())
for test in ("few", "moved"):
    means = [np.mean([row["h"][test] for row in byol_stored[name].values()])
             for name in ("byol", "barlow", "simclr")]
    assert means[0] + 0.05 < means[1] < means[2] - 0.02

# %% [markdown]
# Near 1! Each coordinate varies as much as one could wish; they all vary *together*. This is
# **dimensional collapse** (part 2) at its worst: an effective rank of about 2 in 128 coordinates.
# Std alone calls that healthy. The converse comes in Q13: a run that fell nearly to a point can
# have a high effective rank. You need both numbers.
#
# And $\lambda$ has a middle: of our five, .03 was best on both tests, above all seeds of the
# others; with a hundred times as much the coordinates are kept unlike at the price of agreeing.
# The paper uses .005 with $d$ = 8,192; the off-diagonal has $d(d-1)$ terms, so $\lambda$ does not
# carry over to another $d$.

# %% [markdown]
# ### Q13: what is collapse?
#
# > **An interviewer asks:** “What is collapse, and how do SimCLR, BYOL and Barlow Twins avoid it?
# > How would you notice it in a training that runs tonight?”
#
# Start with the noticing.

# %% [markdown] exercise="Q13-collapse"
# ### Collapsed, thin or healthy?
#
# Scale each row of `z` to length 1 (a row of zeros stays). Return three things. `std`: the
# standard deviation of each coordinate over the rows (dividing by $n$), averaged over
# coordinates, times $\sqrt d$. `rank`: the effective rank, $e^{H}$ with $H=-\sum_k p_k\log p_k$,
# where $p_k$ are the shares of the variances of the unit rows along their principal axes (about
# their mean); 1 if these variances add up to less than $10^{-12}$. And a verdict: `"complete"` if
# std is below `least_std`; otherwise `"dimensional"` if rank is below `least_share` times $d$;
# otherwise `"none"`. Compute in 64 bits (`dtype=float`). Lists are accepted; inputs stay as
# they are.

# %% solution="Q13-collapse"
def diagnose_collapse(
    z: np.ndarray, least_std: float = 0.1, least_share: float = 0.05
) -> tuple[float, float, str]:
    """Tell whether vectors collapsed to a point or to a thin sheet.

    Parameters
    ----------
    z : array_like (n, d)
    least_std : float
    least_share : float

    Returns
    -------
    std : float
    rank : float
    verdict : str
        ``"complete"``, ``"dimensional"`` or ``"none"``.
    """
    ### BEGIN SOLUTION
    z = np.asarray(z, dtype=float)
    n, d = z.shape
    lengths = np.linalg.norm(z, axis=1, keepdims=True)
    unit = z / np.where(lengths > 0, lengths, 1)
    centred = unit - unit.mean(axis=0)
    std = np.sqrt(np.mean(centred**2, axis=0)).mean() * np.sqrt(d)
    variances = np.linalg.svd(centred, compute_uv=False) ** 2 / n
    rank = 1.0
    if variances.sum() >= 1e-12:
        p = variances[variances > 0] / variances.sum()
        rank = np.exp(-np.sum(p * np.log(p)))
    if std < least_std:
        return std, rank, "complete"
    return std, rank, "dimensional" if rank < least_share * d else "none"
    ### END SOLUTION


# %% check="Q13-collapse"
check("Q13-collapse", diagnose_collapse)
### BEGIN HIDDEN TESTS
check("Q13-collapse", diagnose_collapse, seed=7343, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Unit rows first: `lengths = np.linalg.norm(z, axis=1, keepdims=True)`, and divide by
# `np.where(lengths > 0, lengths, 1)`. Everything after that uses these rows, minus their mean.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The variances along the principal axes are the squared singular values of the centred rows,
# divided by n: `np.linalg.svd(centred, compute_uv=False) ** 2 / n`.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Shares: `p = variances[variances > 0] / variances.sum()` (0 log 0 counts as 0), rank:
# `np.exp(-np.sum(p * np.log(p)))`. Decide in this order: std, then rank, then `"none"`.
#
# </details>
# <details><summary>Help: only the case “all in one place” fails</summary>
#
# The mean of equal numbers may be off by rounding, so the variances are about 1e-33, and their
# shares are noise. Test the sum against $10^{-12}$ before you divide.
#
# </details>

# %% [markdown]
# Now put the gauge on everything that was trained, on test pictures. **Before you run the next
# cell:** the runs without predictor and without stop-gradient, are they at 0?

# %% tags=["F-collapse"]
gauged = {"SimCLR": simclr_run, **byol_runs, **barlow_runs}
found, rank_of_h = {}, {}
print(f"{'':17s}  std   rank   of d   verdict      rank of h (of 64)")
for name, run in gauged.items():
    z, h = embed(network_of_z(run), test_images), embed(run.encoder, test_images)
    found[name], rank_of_h[name] = diagnose(z), diagnose(h).rank
    std, rank, verdict = found[name]
    print(f"{name:17s} {std:.3f}  {rank:4.1f}   {z.shape[1]:4d}   {verdict:11s}  "
          f"{rank_of_h[name]:4.1f}")
assert [row.verdict for row in found.values()] == ["none"] * 3 + ["complete"] * 2 + [
    "none", "dimensional"]
assert all(0.01 < found[name].std < 0.1 for name in ("no predictor", "no stop-gradient"))
assert all(4.5 < row.rank < 10.9 for row in found.values() if row.verdict == "none")
complete = [row.rank for row in found.values() if row.verdict == "complete"]
assert min(complete) > max(row.rank for row in found.values() if row.verdict != "complete")
assert min(rank_of_h[name] for name, row in found.items() if row.verdict == "none") > 5.5
assert max(rank_of_h[name] for name, row in found.items() if row.verdict != "none") < 5.5

# %% [markdown]
# Not at 0, but at a few hundredths: a very narrow cone. Its effective rank, 20 and 16, is the
# highest of all: it describes what little still differs inside the cone, not how wide the cone
# is. (In $\mathbf h$ the three bad runs use 3 to 5 axes, the others 6 to 9.) And nobody is *very*
# healthy: all of the “none” use 5 to 10 axes of $\mathbf z$. The thresholds are ours; draw both
# numbers over the training and set an alarm on a fall. In a training that runs tonight: std and
# effective rank of $\mathbf z$ and $\mathbf h$ on a fixed batch every few minutes, and a probe
# with a few labels if you have them. Never the loss alone.

# %% [markdown] exercise="Q13-conclusions"
# ### What follows about collapse?
#
# Which statements follow from what you measured and derived? Give the set of letters.
#
# - **A.** A constant is no minimum of NT-Xent: it costs $\log(2N-1)$, and from nearly constant
#   vectors the loss leads away.
# - **B.** For BYOL a constant is a point of zero loss; where training avoids it, that is by its
#   dynamics, not by the value of the loss.
# - **C.** A loss that falls to nearly 0 shows that BYOL has learned.
# - **D.** In our runs the slow target was what kept the vectors apart.
# - **E.** It is BatchNorm that prevents collapse: with it, the rest does not matter.
# - **F.** A std of $\mathbf z$ near 1 rules out collapse.
# - **G.** With $\lambda=0$, Barlow Twins may copy one feature into all coordinates at no cost.

# %% solution="Q13-conclusions"
chosen_q13 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q13 = {"A", "B", "G"}
### END SOLUTION

# %% check="Q13-conclusions"
check("Q13-conclusions", chosen_q13)
### BEGIN HIDDEN TESTS
check("Q13-conclusions", chosen_q13, seed=7344, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# **Your turn to answer.** “What is collapse, and how do SimCLR, BYOL and Barlow Twins avoid it?
# How would you notice it?” Write what you would say in three minutes.
#
# <details><summary>Rubric (4 points)</summary>
#
# 1. What it is, both kinds: one point for all inputs, and a thin sheet; and at which losses a
#    constant is a minimum, with a figure.
# 2. SimCLR: what negatives cost a constant, and what they do not forbid. Barlow Twins: what a
#    constant and what a copied feature cost, and through which term.
# 3. BYOL: which parts held in the measurements and which did not; why it is dynamics and not the
#    loss; what is known about BatchNorm.
# 4. How to notice it: two gauges and why one is not enough, and why not the loss. </details>

# %% [markdown] written="Q13-written" points=4
# Collapse means that the vectors of different inputs hardly differ. Complete collapse: (nearly)
# all in one place. Dimensional collapse: the coordinates vary, but together, so that the vectors
# lie on a thin sheet. A constant is a minimum only where nothing pushes apart: NT-Xent is
# $\log(2N-1)$ there (5.54 for 128 pairs), Barlow Twins is $d$, BYOL is 0.
#
# SimCLR's negatives make a point expensive. They do not forbid a sheet: our $\mathbf z$ used
# about 8 of 64 axes (part 2). Barlow Twins pushes the cross-correlation of the two views to the
# identity. A constant gives $C=0$ and costs $d$ through the diagonal; copies are perfect on the
# diagonal and pay off it, $\lambda d(d-1)$. With $\lambda=0$ we got just that: std .9, effective
# rank about 2.
#
# BYOL has nothing in its loss against a point. In our runs, without predictor or without
# stop-gradient it collapsed within an epoch and reached the lowest losses; without the slow
# target it kept its spread. In a linear model one sees why: the best predictor is cautious, its
# guess falls short of a target that stands still, and the gradient makes the weights grow. Zero
# stays a solution, and a bad start ends there. BatchNorm is neither enough (the collapsed runs
# had it) nor essential (on ImageNet, GroupNorm with weight standardisation: 73.9% against 74.3%),
# though our small network collapsed without it.
#
# I would watch std and effective rank of $\mathbf z$ and $\mathbf h$ on a fixed batch, because
# copies have a fine std and a narrow cone may have a high rank; and a probe. The loss is no
# gauge: the collapsed runs had the best.

# %% [markdown]
# ### What to say
#
# Negatives put the price of collapse into the loss, and so does Barlow Twins, by coordinates
# instead of pictures. BYOL and SimSiam do not; a predictor and a stopped gradient keep them away
# from it while they move. That saves negatives and large batches, and costs a gauge that you must
# not forget. On our digits, in four epochs, SimCLR was ahead of both, of Barlow Twins by less.
# That ranks nothing on photographs: on ImageNet, after a thousand epochs, BYOL was ahead of
# SimCLR, with 74.3% against 69.3% (Grill et al. 2020, table 1).
#
# Two more names: **SwAV** compares cluster assignments of two views, kept balanced. **DINO** is
# like BYOL, with a softmax over outputs, and holds off collapse by *centring* (subtracting a
# running mean of the teacher's outputs) and *sharpening* (a low teacher temperature).
#
# Pairs need not be two views of one picture. Part 5 takes them from sentences, captions and
# purchases.

# %% [markdown]
# ## 5. Sentences, pictures with names, users and items
#
# > **An interviewer asks:** “Your loss needs two views of one thing. Where do they come from when
# > the thing is a sentence? When it is a picture with a caption? When it is a customer and what
# > she bought? And what does the model learn in each case?”
#
# A picture can be shifted and turned. A sentence cannot, and for two *kinds* of thing we need two
# encoders. The loss stays the one of parts 1 and 2. What changes is where the pairs come from, and
# who serves as a negative. Three short studies: one sentence encoded twice (SimCSE), emoji and
# their names (CLIP), and a shop in which we know why each customer clicked (two towers).

# %% [markdown]
# ### A sentence and itself
#
# **SimCSE** (Gao et al. 2021) passes a sentence twice through an encoder in training mode.
# **Dropout** sets a random share $p$ of the numbers inside to 0, each time other ones, so the two
# vectors $\mathbf h_i$ and $\mathbf h_i'$ differ. They are the positives, the rest of the batch
# is negative; $s$ is the cosine:
#
# $$L=-\frac1N\sum_{i}\log\frac{e^{s(\mathbf h_i,\mathbf h_i')/\tau}}
# {\sum_{j}e^{s(\mathbf h_i,\mathbf h_j')/\tau}},\qquad\tau=.05$$
#
# That is lesson 03's in-batch loss with the sentence as its own partner. We use its small encoder
# too: one layer, 64 wide, each word starting as its GloVe vector. How far apart are two passes?

# %% tags=["S-simcse"]
import torch

from helpers.siamese_data import pair_tokenizer, small_encoder
from helpers.simcse import set_dropout

torch.set_num_threads(1)
text_encoder = small_encoder(pair_tokenizer())
text_model = text_encoder.backend.model
text_ids = torch.tensor([pair_tokenizer().encode("a quiet place near the sea").ids])
for p in (0.0, 0.1, 0.4):
    set_dropout(text_encoder, p)
    torch.manual_seed(1)
    one, two = (text_model.train()(text_ids).last_hidden_state.mean(1) for _ in range(2))
    text_cosine = torch.cosine_similarity(one, two).item()
    print(f"p = {p}: cosine of two passes of one sentence {text_cosine:.3f}")
    assert (text_cosine > 0.9999) == (p == 0)

# %% [markdown]
# The views hardly differ: the same words in the same order, seen through a little noise. In part
# 2 weak views made the task too easy. And now the common note, **as it is usually told**:
# “dropout is the augmentation; without it, the embeddings collapse.” (The paper's abstract says
# so of BERT.)
#
# **Before you run the next cells:** we train on 100 batches of 64, drawn from 32,000 single
# definitions and verses; which belongs to which is not told. *words* and *verses* are the shares
# of definitions and verses whose partner comes first among all, *rated* is the rank correlation
# with people's ratings (lesson 03). Which will grow? And what happens at $p=0$, where the two
# views are *identical*: can such a loss teach anything?

# %% tags=["S-simcse"]
from helpers.caption_scores import RESULTS
from helpers.simcse import sentence_scores, single_sentences, train_simcse
from helpers.stored import read_stored

text_trained, text_losses = train_simcse(p=0.1)
e_stored = read_stored(RESULTS, 1, {"sentences", "pictures", "towers"},
                       "run `python -m benchmarks.contrastive_text`")
text_rows = {name: e_stored["sentences"]["1"][name] for name in ("start", "dropout 0.0")}
text_fresh = small_encoder(pair_tokenizer(), seed=1)
text_mean = text_fresh.encode(sum((t[:1500] for t in single_sentences().values()), [])).mean(axis=0)

def text_centred(texts):  # no training: the start, less one vector
    vectors = text_fresh.encode(texts) - text_mean
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

text_rows |= {"dropout 0.1, live": sentence_scores(text_trained.encode),
              "start, less its mean": sentence_scores(text_centred),
              "pairs (lesson 03)": e_stored["sentences"]["1"]["pairs"]}
text_tests = {"words": "words", "verses": "verses", "spearman": "rated",
              "alignment": "alignment", "uniformity": "uniformity"}
print(f"{'':20s}" + "".join(f"{title:>12s}" for title in text_tests.values()))
for name, row in text_rows.items():
    print(f"{name:20s}" + "".join(f"{row[test]:12.3f}" for test in text_tests))

# %% tags=["S-simcse"]
text_start, text_none, text_live, text_less, text_pairs = text_rows.values()
print(f"loss: first ten batches {text_losses[:10].mean():.2f}, last ten "
      f"{text_losses[-10:].mean():.3f}; a guess in a batch of 64 costs {math.log(64):.2f}")
text_own_row = e_stored["sentences"]["1"]["dropout 0.1"]
assert all(abs(text_live[test] - text_own_row[test]) < 0.06 for test in text_tests)
assert text_live["uniformity"] < text_start["uniformity"] - 1.5
assert text_live["alignment"] > text_start["alignment"] + 0.2  # worse
assert text_live["words"] > 2.5 * text_start["words"]
assert text_pairs["verses"] > text_live["verses"] + 0.08
assert text_pairs["words"] > text_live["words"] + 0.004
assert text_pairs["spearman"] < text_start["spearman"] - 0.02
assert all(text_less[test] > text_live[test] - 0.01 for test in text_tests if test != "uniformity")
assert abs(text_less["uniformity"] - text_live["uniformity"]) < 0.3
assert text_live["verses"] < text_start["verses"] and text_live["spearman"] < text_start["spearman"]

# %% [markdown]
# Look at the last two columns first (part 2: **alignment** is the mean squared distance of a
# verse and its translation, **uniformity** is lower where vectors are spread more evenly; lower
# is better for both). At the start all sentences lie in a narrow cone. Training spreads them, and
# pays with alignment. Words are found four times as often; verses and rated pairs lose a little.
#
# Was it the cone? The row *start, less its mean* is not trained at all: one vector, the mean of
# 3,000 training texts, is taken off the start. It is as good as SimCSE or better in all three
# tests, and alignment and uniformity come out nearly the same. So SimCSE repairs the *shape* of
# the space, and for this encoder one subtraction does too. It learns no rewordings, because it is
# shown none.
#
# True pairs, with as many batches, do better on both searches (they were trained with a larger
# step size, which makes up a part of the lead). With people they agree least of all.

# %% tags=["S-simcse"]
text_seeds = [e_stored["sentences"][seed] for seed in ("1", "2", "3")]
print(f"{'mean of three seeds':20s}" + "".join(f"{title:>12s}" for title in text_tests.values()))
text_by_p = {arm: {test: np.mean([run[arm][test] for run in text_seeds]) for test in text_tests}
             for arm in ("start", *(f"dropout {p}" for p in (0.0, 0.05, 0.1, 0.2, 0.4)))}
for arm, row in text_by_p.items():
    print(f"{arm:20s}" + "".join(f"{value:12.3f}" for value in row.values()))
for test in ("words", "verses"):
    assert abs(text_by_p["dropout 0.0"][test] - text_by_p["dropout 0.1"][test]) < 0.015
assert text_by_p["dropout 0.0"]["words"] > text_by_p["dropout 0.4"]["words"] + 0.005
assert text_by_p["dropout 0.0"]["uniformity"] < text_by_p["dropout 0.4"]["uniformity"] - 0.3

# %% [markdown]
# Without dropout nothing collapses *here*: the positives have cosine 1 whatever happens, so the
# loss is uniformity alone, and that was all our encoder needed. Dropout above .1 only holds the
# spreading back.
#
# Is the paper wrong, then? Without dropout its BERT falls from 82.5 to 71.1 on STS-B (table 3).
# But its uniformity still improves: what is lost is alignment (figure 2). Ours is little more than
# a mean of words. Whether an augmentation is needed depends on what the network could do without
# it. Measure it on yours.
#
# A warning about tables: three figures are often listed together for sentence vectors without
# labels (BERT-base: SimCSE, Gao et al. 2021; DiffCSE, Chuang et al. 2022; PromptBERT, Jiang et
# al. 2022). They are Spearman correlations times 100 on one test set, **STS-B**. The papers'
# means over seven sets are other numbers, and notes mix the two.

# %% tags=["F-dropout-simcse"]
text_cited = {"SimCSE": (76.85, 76.25), "DiffCSE": (80.59, 78.49), "PromptBERT": (81.60, 78.54)}
for name, (sts_b, average) in text_cited.items():
    print(f"{name:11s} STS-B {sts_b:.2f}   mean of seven {average:.2f}")
text_rho = 0.8  # 1,379 test pairs; the error of one correlation, then of a difference of two
text_error = 100 * (1 - text_rho**2) * math.sqrt((1 + text_rho**2 / 2) / 1378)
print(f"standard error of one STS-B score about {text_error:.1f}, of the difference of two models "
      f"on other pairs {math.sqrt(2) * text_error:.1f}")
assert 81.60 - 80.59 < math.sqrt(2) * text_error < 80.59 - 76.85

# %% [markdown]
# The last two differ by 1.0 on STS-B and by .05 in the mean of seven: no order can be read from
# that. (A paired test on the *same* pairs would see smaller differences.)

# %% [markdown]
# ### Pictures and their names
#
# Now two kinds of things. An image encoder gives $\mathbf a_i$, a text encoder $\mathbf b_i$,
# both of width $d$ and of length 1. In a batch of $N$ pairs each picture looks for its text among
# all texts, and each text for its picture among all pictures. That is **CLIP** (Radford et al.
# 2021):
#
# $$L=-\frac1{2N}\sum_i\Big(\log\frac{e^{s_{ii}/\tau}}{\sum_j e^{s_{ij}/\tau}}+
# \log\frac{e^{s_{ii}/\tau}}{\sum_j e^{s_{ji}/\tau}}\Big),\qquad
# s_{ij}=\mathbf a_i\cdot\mathbf b_j$$
#
# Unlike NT-Xent, pictures are never compared with pictures. $\tau$ is learned along with the
# weights. Our pairs are emoji: 1,914 drawings, each with its official English name.

# %% tags=["S-clip"]
from helpers.caption_scores import caption_split
from helpers.plots.captioned import picture_rows

emoji = data.emoji_images(size=32)
clip_train, clip_test = caption_split(emoji)  # 300 are kept for the test
clip_captions = np.array(emoji.captions)
shown = {group: emoji.images[np.flatnonzero(emoji.groups == group)[::3][:9]]
         for group in data.EMOJI_GROUPS[:6]}
plots.show(picture_rows(shown), alt="Six rows of small emoji, one row a group: "
           "flags, faces, hearts, clocks, persons, hands.")
print(emoji.attribution)
print(f"{len(clip_train):,} pairs to train on, {len(clip_test)} for the test, such as:",
      "; ".join(clip_captions[clip_test[:6]]))
clip_groups = emoji.groups[clip_test]
print({str(g): int((clip_groups == g).sum()) for g in data.EMOJI_GROUPS})

# %% [markdown]
# Each row is a group, told from words in the names, roughly: a baby chick counts as a person, a
# palm tree and a card index as hands. About half of all pictures are in no group. At 32 x 32
# pixels a network can learn them in seconds: three convolutions for the picture; for the
# name the mean of its word vectors, which start as GloVe, and two layers.
#
# Next to CLIP we train **SigLIP** (Zhai et al. 2023). It has no softmax: every one of the $N^2$
# pairs is a question of its own, *do these two belong together?*, answered by
# $\sigma(\pm(s_{ij}/\tau+\beta))$ with a learned bias $\beta$, which starts at −10 because nearly
# all answers are no.
#
# **Before you run the next cells:** 300 names compete for a test picture. How often will the
# right one be among the first ten? And which group of pictures will be hopeless?

# %% tags=["S-clip"]
from functools import partial

from helpers.caption_scores import recall_at
from helpers.captioned_images import picture_vectors, text_vectors, train_captioned
from helpers.side_by_side import train_side_by_side

clip_settings = {"clip": {}, "siglip": {"loss": "siglip"},
                 "cold": {"temperature": 0.01, "learn_temperature": False}}  # for later
clip_runs = train_side_by_side({
    name: partial(train_captioned, emoji.images[clip_train], list(clip_captions[clip_train]),
                  extra=emoji.captions, **kwargs) for name, kwargs in clip_settings.items()})
clip_run = clip_runs["clip"]

def clip_spaces(run, rows):
    return picture_vectors(run, emoji.images[rows]), text_vectors(run, list(clip_captions[rows]))

clip_pictures, clip_texts = clip_spaces(clip_run, clip_test)
clip_found = recall_at(10, clip_pictures, clip_texts)

# %% tags=["S-clip"]
clip_seen = recall_at(10, *clip_spaces(clip_run, clip_train[:300])).mean()
print(f"recall@10 among 300: by chance {10 / 300:.3f}, trained pairs {clip_seen:.2f}")
for loss in ("clip", "siglip"):
    run = clip_runs[loss]
    pictures, texts = clip_spaces(run, clip_test)
    ways = recall_at(10, pictures, texts).mean(), recall_at(10, texts, pictures).mean()
    print(f"{loss:7s} test: picture to name {ways[0]:.2f}, name to picture {ways[1]:.2f}, "
          f"tau {run.extras['temperature']:.3f}"
          + f", bias {run.extras['bias']:.2f}" * (loss == "siglip"))
    assert min(ways) > 0.25
clip_by_group = {str(g): clip_found[clip_groups == g].mean() for g in data.EMOJI_GROUPS}
print("CLIP by group:", {group: round(float(share), 2) for group, share in clip_by_group.items()})
clip_flags = (clip_groups == "flag").sum()
print(f"ten of the {clip_flags} flags, drawn at random: {10 / clip_flags:.2f}")
stored_flags = [e_stored["pictures"][seed]["clip"]["flags"] for seed in ("1", "2", "3")]
assert clip_seen > 0.95 and clip_found.mean() > 0.3 and clip_by_group["person"] > 0.7
assert np.mean(stored_flags) < 0.36

# %% [markdown]
# Trained pairs are found always, new ones in four cases of ten: twelve times chance, and far from
# solved. 1,614 pairs are few (the first CLIP had 400 million), so both encoders learn them by
# heart; what carries over is what many pairs share. Of the larger groups persons do best, most
# likely because most come in three versions, *man*, *woman* and *person*, and a sibling was in
# the training set: a leak, if one wanted to know how *new* ideas are named. (SigLIP's bias hardly
# moved in so short a training; its temperature did the work.)
#
# Nothing in *Peru* says what its flag looks like. A model that only sees *that* it is a flag, and
# guesses ten of the test's flags, would do no worse than ours. **A contrastive model can name
# what it has seen named.** Let us look at what it returns.

# %% tags=["S-clip"]
clip_queries = ["red heart", "sad face", "clock", "green plant", "woman with red hair", "blue"]
clip_ranked = (text_vectors(clip_run, clip_queries) @ clip_pictures.T).argsort(axis=1)[:, ::-1]
clip_rows = {f"“{query}”": emoji.images[clip_test[row[:8]]]
             for query, row in zip(clip_queries, clip_ranked, strict=True)}
plots.show(picture_rows(clip_rows), alt="For each of six queries the eight nearest test pictures; "
           "most rows have the colour that the query asks for, green plant in half of them.")
clip_colour = emoji.images[clip_test].astype(float).mean(axis=(1, 2))  # red, green, blue
for place, channel in ((0, 0), (3, 1), (5, 2)):
    own = clip_colour[:, channel] - clip_colour.mean(axis=1)
    first, rest = own[clip_ranked[place, :8]].mean(), own.mean()
    print(f"“{clip_queries[place]}”: {'red green blue'.split()[channel]} above the mean of the "
          f"three by {first:+.0f} in the first eight, {rest:+.0f} in all (of 255)")
    assert first > rest + 5

# %% [markdown]
# Every picture is new to the model, and a query need not be the name of any emoji. It has learned
# **colour** first (red, blue; green in half of a row), some shape (all three clocks of the test
# are among the eight, behind a ladder and a Ferris wheel), hardly any things. Colours are what a
# small network sees most easily and what many names share. And a search always returns eight
# pictures, whether or not it knows the word.

# %% [markdown]
# ### Zero-shot: a text for each class
#
# To classify without a classifier, write a text for each class, a **prompt**, and take the
# nearest. No label of a class was ever used. (The *words* were: the groups' names occur in many
# captions. “Zero-shot” means no training examples for this *task*, not that the ideas are new.)
#
# One prompt depends on luck with words, so CLIP averages several: unit vectors of the prompts of
# a class, their mean, made a unit vector again.
#
# **Before you run the next cell:** there are nine groups, and the largest, persons, makes up 40%
# of the pictures that have one. Guess the accuracy with the group's name alone, and with two
# to five prompts.

# %% tags=["S-clip"]
from helpers.caption_scores import PROMPT_SETS, PROMPTS, prompt_means

print(*(f"{group:17s}| {' | '.join(texts)}" for group, texts in PROMPT_SETS.items()), sep="\n")
for word in ("flag", "person"):
    own = clip_captions[emoji.groups == word]
    print(f"“{word}” is a word in {sum(word in name.lower().split() for name in own)} of "
          f"the {len(own)} names of its group")
has_group = clip_groups != "other"

def clip_right(vectors, heads):
    return (np.array(PROMPTS)[(vectors @ heads.T).argmax(1)] == clip_groups)[has_group].mean()

clip_several = prompt_means(clip_run)
clip_accuracy = {
    "always “person”": (clip_groups == "person")[has_group].mean(),
    "the group's name": clip_right(clip_pictures, text_vectors(clip_run, PROMPTS)),
    "several prompts": clip_right(clip_pictures, clip_several),
    "several, given the true name instead of the picture": clip_right(clip_texts, clip_several)}
for name, share in clip_accuracy.items():
    print(f"{name:52s}{share:.2f}")
print(f"{has_group.sum()} pictures, standard error about {0.5 / math.sqrt(has_group.sum()):.2f}")
assert clip_accuracy["several prompts"] > clip_accuracy["always “person”"]

# %% [markdown]
# On this split the steps (.41, .47, .52) are hardly more than the error, .04; three splits will
# say more. Where is the fault? The last line gives the model each picture's own *name*: no
# picture can be in the way, and only about half of the names are nearest to the prompts of their
# group. So much of the fault is on the text side. *Flag* and *person* occur in few names, and
# nothing in training asked that *face* be near *smiling face*: in a batch such names were each
# other's negatives.

# %% tags=["S-clip"]
clip_splits = [e_stored["pictures"][seed] for seed in ("1", "2", "3")]
clip_arms = ("clip, temperature 0.01", "clip", "clip, temperature 0.5", "siglip")
print(f"{'three splits and seeds':26s}" + "".join(
    f"{title:>18s}" for title in ("recall@10", "group's name", "several prompts")))
clip_table = {arm: {name: np.array([split[arm][name] for split in clip_splits])
                    for name in ("to_text", "zero_shot", "several", "gap")} for arm in clip_arms}
for arm, columns in clip_table.items():
    print(f"{arm:26s}" + "".join(f"{of.mean():11.2f} ± {of.std(ddof=1):.2f}"
                                 for name, of in columns.items() if name != "gap"))
print("always “person”:", *(f"{split['clip']['majority']:.2f}" for split in clip_splits))
warm, learned = clip_table["clip, temperature 0.5"], clip_table["clip"]
assert warm["zero_shot"].min() > learned["zero_shot"].max() + 0.05
assert all(warm[name].mean() > clip_table[arm][name].mean() + 0.03
           for name in ("zero_shot", "several") for arm in clip_arms if "0.5" not in arm)
assert learned["to_text"].mean() > clip_table["clip, temperature 0.01"]["to_text"].mean() + 0.02
assert abs(learned["to_text"].mean() - clip_table["siglip"]["to_text"].mean()) < 0.06

# %% [markdown]
# In the stored runs the temperature is fixed, or starts at 1/14 and is learned. Of the three,
# retrieval is best with the learned one, which ends near .034. (That shows where a good
# temperature lies, not that it must be learned.) On average zero-shot is best at .5. A low
# temperature pushes hardest against the nearest negatives, which for a face are other faces
# (part 1); but .01 is not the worst here, so that is not the whole reason. The loss never knew
# which task would come.
#
# CLIP and SigLIP cannot be told apart with 300 pictures (standard error .03). SigLIP's point is
# another one: a sum over pairs can be cut into pieces, so a batch spread over many machines never
# has to bring all scores of a row together.

# %% [markdown] exercise="X-clip"
# ### The symmetric loss
#
# Compute CLIP's loss from raw vectors: row $i$ of `images` belongs to row $i$ of `texts`. Scores
# are cosines divided by `temperature`; a vector of zeros has cosine 0 with everything. The loss
# is the mean of the two directions, each a mean over the batch, in nats, and exact also at a
# temperature of .001. Lists are accepted.

# %% solution="X-clip"
def symmetric_loss(images: np.ndarray, texts: np.ndarray, temperature: float = 0.07) -> float:
    """Compute the mean of the cross-entropies picture to text and text to picture.

    Parameters
    ----------
    images, texts : array_like (N, d)
        Vectors of any length; row i of one belongs to row i of the other.
    temperature : float
        What the cosines are divided by.

    Returns
    -------
    float
        In nats.
    """
    ### BEGIN SOLUTION
    units = []
    for table in (images, texts):
        table = np.asarray(table, dtype=float)
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        units.append(table / np.where(lengths > 0, lengths, 1))
    scores = units[0] @ units[1].T / temperature
    losses = []
    for table in (scores, scores.T):
        largest = table.max(axis=1)
        log_sums = largest + np.log(np.exp(table - largest[:, None]).sum(axis=1))
        losses.append(np.mean(log_sums - np.diagonal(table)))
    return sum(losses) / 2
    ### END SOLUTION


# %% check="X-clip"
check("X-clip", symmetric_loss)
### BEGIN HIDDEN TESTS
check("X-clip", symmetric_loss, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Make one table of scores, N x N: unit rows of `images` times unit rows of `texts`, transposed,
# divided by the temperature. The right answers stand on its diagonal.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A direction is `mean(log(sum of exponentials of the row) - diagonal)`. The other direction is
# the same for `scores.T`: write a loop over the two tables.
#
# </details>
# <details><summary>Hint 3</summary>
#
# `largest = table.max(axis=1)`, then
# `log_sums = largest + np.log(np.exp(table - largest[:, None]).sum(axis=1))`; the loss of this
# direction is `np.mean(log_sums - np.diagonal(table))`.
#
# </details>
# <details><summary>Help: my check says the result is not finite</summary>
#
# At a temperature of .001 a score reaches 1,000 and its exponential overflows: subtract the
# largest score of each row first. Or a row of zeros was divided by its length: divide by 1 there.
#
# </details>

# %% [markdown] exercise="X-zero-shot"
# ### Zero-shot prediction with several prompts
#
# Return for each image the probability of each class. `classes[k]` is the class, 0 to C − 1, that
# prompt $k$ describes; each class has at least one prompt, in any order. A class's vector is the
# mean of its *unit* prompt vectors, made a unit vector again. Probabilities are the softmax over
# classes of cosines divided by `temperature`, finite also at .001. Lists are accepted.

# %% solution="X-zero-shot"
def zero_shot(
    images: np.ndarray, prompts: np.ndarray, classes: np.ndarray, temperature: float = 0.01
) -> np.ndarray:
    """Classify images by the nearest class description.

    Parameters
    ----------
    images : array_like (n, d)
        Image vectors of any length, none of them zero.
    prompts : array_like (m, d)
        Text vectors of any length, none of them zero.
    classes : array_like (m,), int
        The class of each prompt.
    temperature : float

    Returns
    -------
    ndarray (n, C)
        Row i holds the probabilities of image i; column c is class c.
    """
    ### BEGIN SOLUTION
    images, prompts = (
        np.asarray(table, dtype=float) / np.linalg.norm(table, axis=1, keepdims=True)
        for table in (images, prompts)
    )
    classes = np.asarray(classes)
    sums = np.array([prompts[classes == c].sum(axis=0) for c in range(classes.max() + 1)])
    means = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    scores = images @ means.T / temperature
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% check="X-zero-shot"
check("X-zero-shot", zero_shot)
### BEGIN HIDDEN TESTS
check("X-zero-shot", zero_shot, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Three steps: unit vectors of images and prompts; one vector for each class; a stable softmax of
# the n x C table of scores along its rows.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `prompts[classes == c]` are the prompts of class c. Loop over `range(classes.max() + 1)`, so
# that column c is class c whatever the order of the prompts.
#
# </details>
# <details><summary>Hint 3</summary>
#
# A mean and a sum point in the same direction, so with `sums` the table of the C sums the class
# vectors are `sums / np.linalg.norm(sums, axis=1, keepdims=True)`.
#
# </details>
# <details><summary>Help: only the cases with one prompt a class are right</summary>
#
# Then the mean is made in another way than asked: raw vectors averaged, the mean not brought back
# to length 1, or cosines averaged in place of vectors.
#
# </details>

# %% [markdown]
# ### The modality gap
#
# One space for both, then? **Before you run the next cell:** the loss asks a picture to be nearer
# to its name than to other names. Does it ask pictures and names to be *mixed*: could all
# pictures lie on one side of the space and all names on the other?
#
# The **modality gap** (Liang et al. 2022) is the distance between the mean of the pictures'
# vectors and the mean of the texts'. We measure it before training and after, and train once more
# at a fixed, low temperature.

# %% tags=["S-clip"]
from helpers.caption_scores import modality_gap
from helpers.plots.captioned import modality_map

clip_before = train_captioned(
    emoji.images[clip_train], list(clip_captions[clip_train]), extra=emoji.captions, epochs=0.1,
    lr=1e-9, label=None)  # one step of no length
clip_stages = {
    "untrained": clip_spaces(clip_before, clip_test),
    f"trained, tau ends at {clip_run.extras['temperature']:.3f}": (clip_pictures, clip_texts),
    "trained, tau = 0.01": clip_spaces(clip_runs["cold"], clip_test)}
interactive, static = modality_map(clip_stages, clip_captions[clip_test])
plots.show_interactive(interactive, static, alt="Test pictures and names on two principal axes in "
                       "three panels: apart when untrained, mixed after training, apart again "
                       "at a temperature of 0.01.")

# %% tags=["S-clip"]
clip_gaps = []
for stage, (pictures, texts) in clip_stages.items():
    same = (pictures * texts).sum(axis=1).mean()
    clip_gaps.append(modality_gap(pictures, texts))
    recall = recall_at(10, pictures, texts).mean()
    print(f"{stage:30s} gap {clip_gaps[-1]:.2f}   mean cosine of a pair {same:.2f}   "
          f"recall@10 {recall:.2f}")
for arm in clip_arms[:3]:
    print(f"stored, {arm:23s} three splits:", *(f"{gap:.2f}" for gap in clip_table[arm]["gap"]))
assert clip_gaps[0] > 0.8 and clip_gaps[1] < 0.3 < clip_gaps[2]
clip_cones = [np.square(part.mean(axis=0)).sum() for part in clip_stages["untrained"]]
assert clip_cones[0] > 0.85 and 0.45 < clip_cones[1] < 0.75  # mean cosines within a kind
assert clip_table[clip_arms[0]]["gap"].min() > learned["gap"].max() + 0.1

# %% [markdown]
# Hover over the points; the slider goes through the stages. Untrained, each encoder has a cone of
# its own (the names' is wide). Training brings the cones together, in these thirty epochs the
# further the higher the temperature. At .01 it is slow, not impossible: with `epochs=90` most of
# that gap closes too.
#
# The loss does not ask for mixing: a shift that all names share changes no order when you rank
# names for a picture. (Bring the shifted vectors back to length 1, and the order can change:
# Liang et al. saw accuracies move with the gap.) It does harm when one list holds *both* kinds
# (for a picture, every picture comes before every name), and to fixed thresholds on cosines:
# set one for each pair of kinds.

# %% [markdown]
# ### Users and items
#
# A **two-tower** model gives each user a vector $\mathbf u$ and each item a vector $\mathbf v$ in
# one space; the score is $s=\mathbf u\cdot\mathbf v$. The pairs are clicks. Item vectors are
# computed ahead and searched with an index, so that it can pick a few hundred candidates from
# millions.
#
# To see what it learns we need to know why people click. So we make the shop: user $x$ clicks
# item $y$ with
# $$p(y\mid x)\propto\exp\big(\text{taste}(x,y)+\text{exposure}(y)\big).$$
# Taste is a dot product of six hidden factors. Exposure is how much an item is shown, the same
# for all. The towers see noisy features of the tastes and an id, never the exposure.

# %% tags=["S-two-tower"]
from helpers.click_world import click_world, recall_by_band, taste_overlap

shop = click_world(seed=1)
tower_counts = np.sort(shop.counts)[::-1]
tower_head = tower_counts[: shop.n_items // 10].sum() / tower_counts.sum()
tower_truth = {"best sellers for all": shop.counts.astype(float), "true taste": shop.taste,
               "taste + exposure (the truth)": shop.taste + shop.exposure}
tower_rows = {name: (recall_by_band(shop, scores), taste_overlap(shop, scores))
              for name, scores in tower_truth.items()}
print(f"{shop.n_users:,} users, {shop.n_items} items, {len(shop.train):,} clicks to train on, "
      f"{len(shop.test):,} for the test")
print(f"the top tenth of the items has {tower_head:.0%} of the clicks")
assert 0.3 < tower_head < 0.5
assert tower_rows["taste + exposure (the truth)"][0]["all"] < 0.7

# %% [markdown]
# We ask two questions. **Clicks**: which share of a user's later clicks is among the 20 items
# that we would show (recall@20; what the user has clicked before is not shown again), also by
# band: head (the tenth with most clicks), middle (the next 40%), tail. **Taste**: how many of the
# user's true 20 favourites are among them. People are random: even the true probabilities find
# little more than half of the clicks.
#
# The negatives are the other items of the batch, as before. But who are they? Other users'
# *clicks*: an item with ten times the clicks is met ten times as often. Call its share of all
# clicks $Q$. So best sellers are pushed down the most. Yi et al. (2019) take the logarithm off:
# $s_{xy}-\log Q_y$ goes into the softmax in place of $s_{xy}$, in training only.
#
# **Before you run the next cells:** which of the two models finds more clicks? Which knows the
# users' taste better?

# %% tags=["S-two-tower"]
from helpers.two_tower import train_two_towers

tower_runs = train_side_by_side({
    "in-batch": partial(train_two_towers, shop, correct=False),
    "in-batch, corrected": partial(train_two_towers, shop)})
tower_rows |= {name: (recall_by_band(shop, run.scores), taste_overlap(shop, run.scores))
               for name, run in tower_runs.items()}
print(f"{'recall@20 of clicks':30s}{'all':>8s}{'head':>8s}{'middle':>8s}{'tail':>8s}{'taste':>10s}")
for name, (recall, taste) in tower_rows.items():
    print(f"{name:30s}" + "".join(f"{share:8.3f}" for share in recall.values()) + f"{taste:10.3f}")
popular, by_taste, truth, plain, corrected = tower_rows.values()
assert truth[0]["all"] > corrected[0]["all"] > plain[0]["all"] + 0.15 > popular[0]["all"] + 0.15
assert plain[0]["tail"] > corrected[0]["tail"] + 0.1 and plain[1] > corrected[1] + 0.03

# %% [markdown]
# The correction nearly doubles the clicks that are found, .53 against .30, close to the truth's
# .58. Hence the advice: “always correct for popularity”. But look right: in the tail the
# *uncorrected* model is more than five times better, and it knows the true taste better, .48
# against .41.
#
# No contradiction. At its optimum the corrected score is $\log p(y\mid x)$ (plus a number that
# depends on the user), taste and exposure. The uncorrected one is $\log p(y\mid x)-\log Q_y$: how
# much *more* this user clicks the item than users do on the whole. You know it from lesson 01
# (part 3): pointwise mutual information. Let us check that.

# %% tags=["S-two-tower"]
tower_old = shop.counts > 0
tower_log_q = np.log(np.maximum(shop.counts, 1) / shop.counts.sum())

def tower_agreement(scores, with_what):  # mean over users of the correlation over items
    pairs = zip(scores[::10, tower_old], with_what[::10, tower_old], strict=True)
    return np.mean([np.corrcoef(*pair)[0, 1] for pair in pairs])

tower_log_p = shop.taste + shop.exposure
for name, run in tower_runs.items():
    print(f"{name:22s} correlation with log p {tower_agreement(run.scores, tower_log_p):.2f}, "
          f"with log p - log Q {tower_agreement(run.scores, tower_log_p - tower_log_q):.2f}")
raw = tower_runs["in-batch"].scores
put_back = recall_by_band(shop, raw + tower_log_q)["all"]
print(f"uncorrected, log Q added when searching: recall@20 {put_back:.3f}")
assert tower_agreement(raw, tower_log_p - tower_log_q) > tower_agreement(raw, tower_log_p) + 0.05
assert abs(put_back - corrected[0]["all"]) < 0.03

# %% [markdown]
# Each score goes with what its loss aims at. And the difference is one number an item: add $\log
# Q$ to the uncorrected model's scores while *searching*, and it finds as many clicks as the
# corrected one.
#
# So the question is not “corrected or not”, but what the page is for. To predict the next click,
# keep the popularity. To show people what they like and have not been shown, take it out, or add
# a part of it back. Clicks measured *on this shop's pages* reward the first, whatever users would
# prefer: exposure made the clicks. That bias is in the data, not in the loss.

# %% [markdown]
# In-batch negatives are a choice of convenience: their vectors are there already. One may also
# draw items evenly (**even draws**) or join the two (**mixed**, Yang et al. 2020). Six ways in
# three worlds were run ahead.
#
# **Before you run the next cell:** does the sampler matter, once each is corrected for how it
# samples?

# %% tags=["S-two-tower"]
tower_stored = [e_stored["towers"][seed] for seed in ("1", "2", "3")]
tower_arms = ["in-batch", "mixed", "in-batch, corrected", "mixed, corrected", "uniform", "all"]
fig, panels = plots.figure(1, 3, width=9.5, height=3.0, sharey=True)
for ax, (title, value) in zip(panels, {
        "clicks": lambda row: row["recall"]["all"], "clicks on the tail":
        lambda row: row["recall"]["tail"], "true favourites": lambda row: row["taste"]}.items(),
        strict=True):
    for place, arm in enumerate(tower_arms):
        ax.scatter([value(world[arm]) for world in tower_stored], [place] * 3, s=26)
    ax.axvline(np.mean([value(world["popularity"]) for world in tower_stored]), color="black",
               linestyle=":")
    ax.set(xlabel="share found, 20 items", title=title)
panels[0].set(yticks=range(6), yticklabels=["in-batch", "mixed", "in-batch, corrected",
                                            "mixed, corrected", "even draws", "all items"])
panels[0].invert_yaxis()
plots.show(fig, alt="Six ways to take negatives. Corrected ones, even draws and all items find the "
           "same share of clicks; uncorrected in-batch finds fewer clicks and more of the tail.")
tower_clicks = {arm: [world[arm]["recall"]["all"] for world in tower_stored] for arm in tower_arms}
tower_taste = {arm: [world[arm]["taste"] for world in tower_stored] for arm in tower_arms}
for arm in tower_arms:
    shown_as = {"uniform": "even draws", "all": "all items"}.get(arm, arm)
    print(f"{shown_as:22s} clicks {np.mean(tower_clicks[arm]):.2f}   "
          f"true favourites {np.mean(tower_taste[arm]):.2f}")
assert min(np.subtract(tower_taste["mixed"], tower_taste["in-batch"])) > 0
assert np.ptp([np.mean(tower_clicks[arm]) for arm in tower_arms[2:]]) < 0.03
assert max(tower_clicks["in-batch"]) < min(tower_clicks["mixed"]) - 0.08

# %% [markdown]
# A dot is a world, the dotted line the best-seller list. The four lower rows aim at the same
# $\log p(y\mid x)$, and reach it alike: with 800 items 256 negatives are plenty. What counts is
# not the sampler but whether the loss knows it. Uncorrected mixing lands in between for clicks
# and for the tail. For true favourites it is a little better than either: it takes out a *part*
# of the popularity. With millions of items even draws may be too easy; then one mixes, or mines
# (part 3).

# %% [markdown]
# ### A loss that is printed with its sign reversed
#
# In study notes one meets this two-tower loss, **as it is usually told**: minimise
# $\sum_{\text{clicked}}\mathbf u\cdot\mathbf v-\sum_{\text{not clicked}}\mathbf u\cdot\mathbf v$.
#
# **Before you run the next cell:** imagine one step of gradient descent on it. Where does the
# score of a click go? Why could anybody write it down that way?
#
# We train its bounded form, $\max(0,\,\gamma+s^+-s^-)$ over the pairs of a batch, and next to it
# the right one, $\max(0,\,\gamma-s^++s^-)$, where $\gamma$ is a margin of 1, $s^+$ the score of
# the click, $s^-$ of another item of the batch.

# %% tags=["F-two-tower-sign"]
sign_runs = train_side_by_side({
    loss: partial(train_two_towers, shop, loss=loss) for loss in ("margin", "reversed")})
fig, panels = plots.figure(1, 2, height=3.0, sharey=True)
for ax, (name, run) in zip(panels, sign_runs.items(), strict=True):
    for kind in ("positive", "negative"):
        ax.plot(run.history["step"], run.history[kind], label=f"{kind} pairs")
    ax.set(xlabel="batches", title="max(0, γ − s⁺ + s⁻)" if name == "margin"
           else "max(0, γ + s⁺ − s⁻)")
panels[0].set(ylabel="mean score")
panels[0].legend()
plots.show(fig, alt="Mean scores of positive and negative pairs during training. Left the positive "
           "rise above the negative; right they fall below.")
for name, run in sign_runs.items():
    print(f"{name:9s} loss {run.history['loss'][0]:.2f} -> {run.history['loss'][-1]:.2f}, positive "
          f"{run.history['positive'][-1]:+.2f}, negative {run.history['negative'][-1]:+.2f}, "
          f"recall@20 {recall_by_band(shop, run.scores)['all']:.3f}")
tower_clicked = len(np.unique(shop.train, axis=0)) / shop.n_users  # items a user
tower_offered = shop.n_items - len(shop.new_items) - tower_clicked
print(f"by chance: 20 of the {tower_offered:.0f} items that are offered, {20 / tower_offered:.3f}")
right, reversed_sign = (run.history for run in sign_runs.values())
assert right["positive"][-1] - right["negative"][-1] > 1.5
assert reversed_sign["positive"][-1] - reversed_sign["negative"][-1] < -1.5
assert recall_by_band(shop, sign_runs["reversed"].scores)["all"] < 0.005

# %% [markdown]
# Both losses fall just as nicely. Only the scores show that the second model learns to hide what
# people want: its recall is 0, far below chance (.027). **A falling loss proves that the
# optimiser works, not that the loss is the right one.** Print the mean score of positives and
# negatives.
#
# How does it come about? For *distances* the formula with the plus is right:
# $\max(0,\,\gamma+d^+-d^-)$ is the triplet loss. Whoever puts a similarity in place of a distance
# must turn both signs.

# %% [markdown]
# ### Q25: what is a two-tower model?
#
# > **An interviewer asks:** “What is a two-tower model? What is its loss, where do its negatives
# > come from, and how does it fail?”
#
# First the loss, then what we measured, then your own words.

# %% [markdown] exercise="Q25-correction"
# ### In-batch loss with the popularity correction
#
# Row $i$ of `users` clicked the item whose number is `numbers[i]` and whose vector is row $i$ of
# `items`. `clicks` has the training clicks of *every* item by number; an item's share is its
# clicks divided by the sum. Scores are plain dot products, and from each score the log of the
# share of the item that is scored is taken off, for all candidates. Another row's copy of the
# same item is no wrong answer: it takes no part in that row. Return the mean over the rows of
# minus the log of the softmax probability of the row's own item, exact also for scores of a
# thousand. Lists are accepted.

# %% solution="Q25-correction"
def corrected_loss(
    users: np.ndarray, items: np.ndarray, numbers: np.ndarray, clicks: np.ndarray
) -> float:
    """Compute the in-batch softmax loss, corrected for how often items come into a batch.

    Parameters
    ----------
    users, items : array_like (B, d)
        Row i of one belongs to row i of the other.
    numbers : array_like (B,), int
        Item number of each row; an item may occur more than once.
    clicks : array_like (n_items,), int
        Training clicks of each item, at least 1 for items of the batch.

    Returns
    -------
    float
        In nats.
    """
    ### BEGIN SOLUTION
    numbers = np.asarray(numbers)
    clicks = np.asarray(clicks, dtype=float)
    scores = np.asarray(users, dtype=float) @ np.asarray(items, dtype=float).T
    scores = scores - np.log(clicks[numbers] / clicks.sum())
    copies = numbers[:, None] == numbers
    np.fill_diagonal(copies, False)
    scores = np.where(copies, -np.inf, scores)
    largest = scores.max(axis=1)
    log_sums = largest + np.log(np.exp(scores - largest[:, None]).sum(axis=1))
    return np.mean(log_sums - np.diagonal(scores))
    ### END SOLUTION


# %% check="Q25-correction"
check("Q25-correction", corrected_loss)
### BEGIN HIDDEN TESTS
check("Q25-correction", corrected_loss, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A B x B table of scores, then two changes: a number is taken off each *column*, and some entries
# become −inf. The rest is the loss of lesson 03.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The number for column j is `np.log(clicks[numbers[j]] / clicks.sum())`. An array of shape (B,)
# taken off a (B, B) table goes column by column, which is what you want.
#
# </details>
# <details><summary>Hint 3</summary>
#
# `copies = numbers[:, None] == numbers`, then `np.fill_diagonal(copies, False)`, then `scores =
# np.where(copies, -np.inf, scores)`. The largest score of a row is always finite, because the
# row's own item stays.
#
# </details>
# <details><summary>Help: all is right when items are equally popular</summary>
#
# Then the correction is at fault: its sign, its place (column, not row), the log, or the wrong
# entry of `clicks` (it goes by item number, not by the place in the batch).
#
# </details>

# %% [markdown]
# ### Where it fails
#
# Two failures can be measured here, a third is by design. **New items**: 40 items were never
# clicked in training. Then some of the users' later clicks fall on them: how well are these 40
# ordered for a user (recall@5 among the 40, chance .125)? Compare towers that see an id only,
# features only, or both. **Doubles**: how many rows of a batch of 256 meet their own item a
# second time? **No crossing** (by design): user and item meet in one dot product, so nothing can
# depend on a *combination* of features that the two vectors do not carry in their $d$ numbers.
#
# **Before you run the next cell:** what can an id-only tower know of a new item?

# %% tags=["S-two-tower"]
for arm in ("ids only", "features only", "in-batch, corrected"):
    new, old = ([value(world[arm]) for world in tower_stored] for value in (
        lambda row: row["new"], lambda row: row["recall"]["all"]))
    print(f"{arm:22s} new items {np.mean(new):.2f}   old items {np.mean(old):.2f}")
    assert (max(new) < 0.16) == (arm == "ids only")
ceiling = np.mean([world["truth"]["new"] for world in tower_stored])
tower_places = np.random.default_rng(1).integers(len(shop.train), size=(40, 256))
tower_items = shop.train[tower_places, 1]  # forty batches
with_copy = np.mean([(np.bincount(row)[row] > 1).mean() for row in tower_items])
print(f"the true probabilities: {ceiling:.2f}; rows with a double of their item: {with_copy:.0%}")
assert 0.35 < with_copy < 0.6 < ceiling

# %% [markdown]
# An id-only tower has never moved the new items' vectors: chance. Features carry over to new
# items at once. For old items both together are best: features say what an item is like, the id
# what only clicks can tell (here, exposure). And nearly half of all rows would be taught that
# their own item is wrong, if copies were not left out.
#
# No crossing is the price of one index for millions. So a two-tower model *retrieves*, and a
# ranker that reads user and item together sorts the few hundred that are left, as a cross-encoder
# does (lesson 03, part 6).

# %% [markdown] exercise="Q25-conclusions"
# ### Which statements follow?
#
# - **A.** In-batch negatives are drawn in proportion to clicks, so without a correction best
#   sellers are pushed down too far for the prediction of clicks.
# - **B.** The correction is right in any case: a model without it is worse at everything.
# - **C.** The uncorrected model's scores come close to log p − log Q, so adding log Q at search
#   time brings its clicks back.
# - **D.** Even draws, in-batch with correction and all items as negatives gave the same recall
#   here, because each aims at the same log p.
# - **E.** A loss that falls steadily shows that clicks get higher scores than other items.
# - **F.** A new item can be placed sensibly at once, if the item tower reads features.
# - **G.** Recall on later clicks of the same shop tells which model knows the users' taste best.
#
# Put the letters of those that follow into a set.

# %% solution="Q25-conclusions"
chosen_q25 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q25 = {"A", "C", "D", "F"}
### END SOLUTION

# %% check="Q25-conclusions"
check("Q25-conclusions", chosen_q25)
### BEGIN HIDDEN TESTS
check("Q25-conclusions", chosen_q25, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# ### In your own words
#
# Answer the interviewer in ten to fifteen lines: “What is a two-tower model? What is its loss,
# where do its negatives come from, and how does it fail?”
#
# <details><summary>Rubric (4 points)</summary>
#
# 1. The two towers, the dot product, and why this makes search over millions possible.
# 2. The loss with its negatives, and what the log-popularity correction changes, with a figure
#    from the lesson.
# 3. What the corrected and the uncorrected model are each good for.
# 4. At least three failures, each with what one does about it. </details>

# %% [markdown] written="Q25-written" points=4
# **Model answer.** One network turns a user (history, features, context) into a vector, another
# one an item; the score is their dot product. They never see each other's input, so item vectors
# are computed once and put into a nearest-neighbour index, and a request costs one user vector
# and one search.
#
# Training uses clicks as positive pairs and a softmax over the other items of the batch. Those
# come in proportion to their popularity Q. Taking log Q off the scores makes the batch stand for
# all items: recall@20 of clicks rose from .30 to .53, where the truth reaches .58, and even draws
# or all items gave the same.
#
# The corrected model predicts clicks, popularity included. The uncorrected one approaches log p −
# log Q: it found five times as many of the clicks on the tail and more of the users' true
# favourites. Adding log Q when searching turns it into the first. So I would ask what the page is
# for.
#
# Failures: new items under id-only towers (chance; give the tower features); popularity, which
# clicks inherit from exposure (explore, log what was shown, correct); copies of a row's own item
# in the batch, half of the rows here (mask them); easy negatives (mine or mix); a sign taken over
# from distances (watch the mean scores of positives and negatives); no interaction between user
# and item features (rank the candidates with a model that reads both).

# %% [markdown]
# ### What to say
#
# A contrastive model learns what its pairs share and its negatives do not. One sentence twice:
# nothing is shared but the sentence, so it spreads the space and learns no rewording. Picture and
# name: it can name what it has seen named, a prompt is a classifier, and the two kinds may stay
# apart. User and item: the negatives are other people's clicks, and taking log Q off decides
# between popularity and taste.
#
# Before you trust a loss, look at the scores of positives and negatives; before you trust a
# score, ask which pairs made it. The next lesson looks at the *shape* of the spaces that such
# training leaves.

# %% [markdown]
# ## What to take with you
#
# - The contrastive loss is a classification: which of these is my partner? Its gradient is the
#   softmax over the candidates, so a low temperature listens to the nearest few and a high one to
#   all alike.
# - The views are the teacher. What they change, the head forgets; what they leave, the space is
#   sorted by. Probe both $\mathbf h$ and $\mathbf z$ on your task.
# - A result on these pictures needs the right test. Many labels hide what was learned, few labels
#   and moved pictures show it, and a second seed tells a difference from luck.
# - Ask whose the negatives are before asking how many. Mined neighbours are often of the same
#   kind.
# - Without negatives something else must keep the vectors apart: a predictor with a stopped
#   gradient, or a term for every coordinate. The loss does not tell; watch the standard deviation
#   of $\mathbf z$ *and* its effective rank.
# - Pairs may come from dropout, captions or clicks. Then the negatives are a sample with a bias:
#   whether to correct for what is popular depends on what the system is to recommend.
#
# Save the notebook and type `course check` in a terminal: it shows your points by exercise and
# what to do next. For the model answer to a written question type `course answer Q11-written`: it
# comes a part at a time. (All are in the solution notebook, in `solutions/04_contrastive_learning/`.)

# %% [markdown]
# ## Your points
#
# Run this cell for your points so far: the checks above have kept count, and `course check`
# confirms it with other inputs.

# %% tags=["progress"]
from helpers.my_progress import show_progress

show_progress("04_contrastive_learning")
