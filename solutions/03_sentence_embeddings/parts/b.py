# %% [markdown]
# ## 2. Masked language models and words in context
#
# > **An interviewer asks:** “What was BERT trained on, exactly? Why not simply predict the next word?
# > And why are its vectors better than static ones; what do they cost?”
#
# Most candidates know “it fills gaps”. Few know how many of the gaps are gaps, why a tenth of them is
# not masked at all, or whether a vector in context beats what the neighbouring words say by
# themselves. In this part you write the recipe, watch a small model learn it, and measure what context
# buys and what it costs. Write your answer down now, in three sentences.

# %% [markdown]
# ### Gaps, and things that only look like gaps
#
# An encoder that sees both sides cannot be asked for the next word: it sees it. So a **masked language
# model** (MLM) is asked for words that were taken away. Of the ordinary tokens, 15% are **chosen**. Of
# the chosen ones, 80% are replaced by [MASK], 10% by a random word, and 10% stay as they are (Devlin et
# al. 2019, section 3.1). At every chosen place, also the last kind, the model must name the original
# word; the loss is the mean cross-entropy over the chosen places only.
#
# **Before you run the next cell:** of 1,000 tokens of text, how many become [MASK], how many a random
# word, and how many are predicted although they were left alone?

# %% tags=["F-masking"]
from helpers import masked_lm
from helpers.masked_lm import MASK, SPECIALS, mlm_mask

mlm_text = masked_lm.mlm_text()  # the World English Bible and a dictionary, sequences of 32 tokens
mlm_specials, mlm_V = np.arange(len(SPECIALS)), len(mlm_text.words)
mlm_some = mlm_text.train[:20_000]
inputs, labels = mlm_mask(mlm_some, mlm_specials, MASK, mlm_V, np.random.default_rng(1))
ordinary, chosen = mlm_some >= len(SPECIALS), labels != -100
kinds = {"masked": chosen & (inputs == MASK), "kept": chosen & (inputs == labels)}
kinds["random"] = chosen & ~kinds["masked"] & ~kinds["kept"]
print(f"{ordinary.sum():,} ordinary tokens")
for name, share in (("masked", 0.12), ("random", 0.015), ("kept", 0.015)):
    found, error = kinds[name].sum() / ordinary.sum(), math.sqrt(share * (1 - share) / ordinary.sum())
    print(f"{name:7s}{found:7.3%} of them, 95% interval {found - 2 * error:.3%} to {found + 2 * error:.3%}")
    assert abs(found - share) < 5 * error and not (chosen & ~ordinary).any()

# %% [markdown]
# 12%, 1.5% and 1.5%: the shares multiply. (A random word hits the original one time in 8,000; we
# count that as kept.)
#
# *Why* leave words alone or spoil them? [MASK] never occurs in the texts that the model is used on. If
# only [MASK] were predicted, the states of all other tokens could be anything. With the 10/10 rule no
# word can be trusted blindly, so each state must hold what the *context* expects there. How much does it
# matter? Less than one would think. In Devlin et al.'s appendix C.2 (table 8) 100/0/0 instead of
# 80/10/10 leaves fine-tuned MNLI equal (84.3 against 84.2). It costs a point of F1 (94.0 against 94.9)
# where BERT's states are used as they are, for named entities. We use states as they are.

# %% [markdown]
# ### Fixed masks or fresh ones?
#
# **As it is usually told:** “BERT draws new masks for each batch.” BERT's released code masked the text
# *once, ahead of training*: ten copies with a mask each, and 40 epochs, so that each mask was seen four
# times (Liu et al. 2019, section 4.1). RoBERTa made it **dynamic**, a fresh mask each time.
#
# **Before you run the next cell:** in 40 epochs, which share of the tokens is *never* a target with ten
# fixed masks? With fresh ones? And with a single fixed mask?

# %% tags=["F-masking"]
mlm_rows = mlm_text.train[:2000]
mlm_words = mlm_rows >= len(SPECIALS)
never = {}
for n_masks in (1, 10, 40):
    rng = np.random.default_rng(n_masks)
    targets = [mlm_mask(mlm_rows, mlm_specials, MASK, mlm_V, rng)[1] != -100 for _ in range(n_masks)]
    never[n_masks] = (~np.any(targets, axis=0))[mlm_words].mean()
    different = np.mean([len({row.tobytes() for row in rows}) for rows in zip(*targets, strict=True)])
    print(f"{n_masks:2d} masks, each seen {40 // n_masks:2d} times in 40 epochs: {different:4.1f} different "
          f"ones a sequence; never a target {never[n_masks]:6.2%} (theory {0.85**n_masks:.2%})")
    assert abs(never[n_masks] - 0.85**n_masks) < 0.01

# %% [markdown]
# One fixed mask asks for 15% of the words, forever. Ten leave a fifth of the places never asked for, and
# forty nearly none. So duplication was a sensible repair of static masking, and dynamic masking is the
# simpler way. The gain is small: in Liu et al.'s table 1, from static to dynamic, SQuAD 2.0 goes from
# 78.3 to 78.7, MNLI from 84.3 to 84.0, and SST-2 from 92.5 to 92.9. (Our own training sees each sequence
# at most once, so for us the question does not even arise.)

# %% [markdown] exercise="X-mask"
# ### Mask as BERT does
#
# Write the recipe. Return what the model reads, and what it should say.
#
# - Each ordinary token is chosen with probability .15, independently (exactly 15% of each row, as in
#   BERT's own code, is accepted too). Special tokens, padding among them, are never chosen.
# - A chosen token becomes [MASK] with probability .8, a random word with .1, and stays with .1.
# - A random word is drawn for each place, uniformly from the vocabulary without the special tokens. It
#   may be the original word by chance.
# - `labels` holds the original token at every chosen place and −100 elsewhere; `ids` is not changed.
#
# The check counts. Its bounds are so wide that a right answer fails less than once in a million runs.

# %% solution="X-mask"
def mask_tokens(ids, special_ids, mask_id, vocab_size, rng):
    """Choose tokens to be predicted, and change most of them.

    Parameters
    ----------
    ids : ndarray of int (n, L)
        Token numbers of n sequences.
    special_ids : array_like of int
        Numbers of all special tokens, `mask_id` among them.
    mask_id : int
        Number of [MASK].
    vocab_size : int
        Tokens are numbered 0 to vocab_size - 1.
    rng : numpy.random.Generator
        Draw from this, so that a run can be repeated.

    Returns
    -------
    inputs : ndarray of int (n, L)
    labels : ndarray of int (n, L)
    """
    ### BEGIN SOLUTION
    chosen = (rng.random(ids.shape) < 0.15) & ~np.isin(ids, special_ids)
    action = rng.random(ids.shape)
    words = np.setdiff1d(np.arange(vocab_size), special_ids)
    inputs = np.where(action < 0.9, rng.choice(words, size=ids.shape), ids)
    inputs = np.where(action < 0.8, mask_id, inputs)
    return np.where(chosen, inputs, ids), np.where(chosen, ids, -100)
    ### END SOLUTION


# %% check="X-mask"
check("X-mask", mask_tokens)
### BEGIN HIDDEN TESTS
check("X-mask", mask_tokens, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Draw `rng.random(ids.shape)` twice: once to choose places, once to decide what happens there.
# </details>
# <details><summary>Hint 2</summary>
#
# `chosen = (rng.random(ids.shape) < 0.15) & ~np.isin(ids, special_ids)`. The second draw is cut at .8
# and at .9. The ordinary words are `np.setdiff1d(np.arange(vocab_size), special_ids)`.
# </details>
# <details><summary>Hint 3</summary>
#
# `labels = np.where(chosen, ids, -100)`; `inputs = ids.copy()`; then
# `inputs[chosen & (action < 0.8)] = mask_id`, and the same with
# `rng.choice(words, size=ids.shape)[random]` for the places `random` between .8 and .9.
# </details>
# <details><summary>Help: my check says that a share is not right</summary>
#
# The shares of 80, 10 and 10% are of the *chosen* tokens. One number for each token decides among the
# three; a second draw among those that are left gives a tenth of a fifth.
# </details>

# %% [markdown]
# ### A small masked language model
#
# Now train one: two layers, width $d = 128$, a vocabulary of 8,000 words, output layer and embeddings
# tied. The softmax runs at the chosen places only, a seventh of the work. One thread, 200 batches of 64
# sequences, less than a minute: BERT had about a million steps of 256 sequences of 512.
#
# So it gets a running start. The word vectors come from PPMI and SVD on the same text (lesson 01), the
# output bias from the word counts, the value matrices start as the identity, and the first layer's heads
# start by looking one or two places to the left and right. All of it is trained on.
#
# **Before you run the next cells:** a table of counts knows $p(w)$ (unigram), or $p(w \mid \text{left
# neighbour})$. The third table below uses both
# neighbours. Which of the three will the model beat on held-out text?

# %% tags=["S-mlm"]
mlm_held = mlm_text.test[masked_lm.HELD_OUT]
mlm_inputs, mlm_labels = masked_lm.gaps(mlm_held, mlm_V, seed=5)  # [MASK] at all chosen places
mlm_tables = masked_lm.neighbour_losses(mlm_text, mlm_held, mlm_labels)
print(f"{(mlm_labels != -100).sum():,} gaps; loss of a uniform guess {math.log(mlm_V):.2f}")
print({name: round(loss, 2) for name, loss in mlm_tables.items()})

mlm_vectors = masked_lm.word_start(mlm_text)
mlm_random = masked_lm.small_masked_lm(mlm_text)  # the same model without the running start
mlm_model = masked_lm.small_masked_lm(mlm_text, vectors=mlm_vectors)
mlm_before = masked_lm.small_masked_lm(mlm_text, vectors=mlm_vectors)
assert mlm_tables["both neighbours"] < mlm_tables["left neighbour"] < mlm_tables["unigram"] - 0.5

# %% tags=["S-mlm"]
from functools import partial

from helpers.side_by_side import train_side_by_side

mlm_curves = train_side_by_side({
    name: partial(masked_lm.train_masked_lm, model, mlm_text.train, steps=steps,
                  test=(mlm_inputs, mlm_labels))
    for name, model, steps in (("running", mlm_model, 200), ("random", mlm_random, 40))
}, label="Training two masked language models")  # fmt: skip
mlm_curve, mlm_slow = mlm_curves["running"], mlm_curves["random"]
at_40 = dict(mlm_curve)[40]
print(f"after 40 batches: random start {mlm_slow[-1][1]:.2f}, running start {at_40:.2f}; "
      f"after 200: {mlm_curve[-1][1]:.2f}")
assert mlm_curve[-1][1] < mlm_tables["unigram"] - 0.4 and at_40 < mlm_slow[-1][1] - 0.1

# %% tags=["S-mlm"]
fig, ax = plots.figure(height=3.4)
ax.plot(*zip(*mlm_curve, strict=True), "o-", label="running start")
ax.plot(*zip(*mlm_slow, strict=True), "s-", label="random start")
for (name, loss), style in zip(mlm_tables.items(), ("-", "--", ":"), strict=True):
    ax.axhline(loss, color="black", linestyle=style, lw=1, label=f"table of counts: {name}")
ax.set(xlabel="batches of 64 sequences", ylabel="held-out loss (nats a gap)")
ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
plots.show(fig, alt="Held-out loss by batches. The running start falls from 6.3 to about 5.6, below the unigram "
           "table and above the tables of neighbours; the random start stays near 6.4.")

# %% [markdown]
# The model is clearly better than word frequencies, and **worse than a table that counts which word
# follows which**. That is the honest state of a masked language model after a minute on one core: it is
# still learning what a lookup table gets from one pass over the text. The curve is falling when the
# training ends. The random start, after 40 batches, has not even reached the word frequencies: there is
# nothing to attend to until the vectors mean something. (The tables see the true neighbours, which for the
# model are sometimes masked too. That explains a part of the gap, not all of it.)

# %% tags=["S-mlm"]
for gap in masked_lm.GAPS:
    print(gap)
    for name, model in (("before", mlm_before), ("after", mlm_model)):
        top = masked_lm.fill_in(model, mlm_text.words, mlm_text.ids(gap))
        print(f"  {name:7s}", ", ".join(f"{word} {p:.2f}" for word, p in top))
        assert len(top) == 5 and top[0][1] >= top[-1][1]

# %% [markdown]
# Before training, the guesses are the most frequent words, whatever the sentence. After it they belong to
# the sentence, and seldom to the gap: *king*, *short*, *quality* stand beside it already. The model has
# learned “a word is like the words around it”, and hardly any grammar yet. Read it as the loss: 5.6
# nats are a choice among $e^{5.6}\approx 270$ equally likely words.
#
# What does the model use? Take things away from the same gaps. **Before you run the next cell:** order
# these by the harm they do: masking both direct neighbours, shuffling all other words, putting in the
# words of another sequence.

# %% tags=["S-mlm"]
rng = np.random.default_rng(6)
gap = mlm_labels != -100
neighbours = np.zeros_like(gap)
neighbours[:, 1:] |= gap[:, :-1]
neighbours[:, :-1] |= gap[:, 1:]
shuffled = mlm_inputs.copy()
for row, own in zip(shuffled, gap, strict=True):
    places = np.flatnonzero(~own)[1:]  # [CLS] stays in front
    row[places] = rng.permutation(row[places])
mlm_spoiled = {"as it is": mlm_inputs, "neighbours masked": np.where(neighbours & (mlm_held > MASK), MASK, mlm_inputs),
               "words shuffled": shuffled, "words of another": np.where(gap, MASK, np.roll(mlm_held, 1, axis=0))}
mlm_use = {name: masked_lm.masked_loss(mlm_model, x, mlm_labels) for name, x in mlm_spoiled.items()}
for name, loss in mlm_use.items():
    print(f"{name:20s}{loss:6.2f}")
assert mlm_use["as it is"] + 0.05 < mlm_use["neighbours masked"]
assert mlm_use["as it is"] + 0.1 < mlm_use["words shuffled"] < mlm_tables["unigram"] < mlm_use["words of another"]

# %% [markdown]
# All three hurt. Masking two neighbours costs about as much as shuffling all words, so much of what the
# model has learned is in the nearest places. Words of another sequence are the worst, worse than no context
# at all (the unigram table): the model uses *which* words are there, and believes them.
#
# Three kinds of chosen places, one question each. **Before you run the next cell:** at a *kept* place the
# right answer stands in plain sight. Is the loss there 0?

# %% tags=["F-masking"]
held_inputs, held_labels = mlm_mask(mlm_text.test[1400:2400], mlm_specials, MASK, mlm_V,
                                    np.random.default_rng(8))
held = held_labels != -100
mlm_kinds = {"masked": held & (held_inputs == MASK), "kept": held & (held_inputs == held_labels)}
mlm_kinds["random"] = held & ~mlm_kinds["masked"] & ~mlm_kinds["kept"]
mlm_by_kind = {name: masked_lm.masked_loss(mlm_model, held_inputs, np.where(places, held_labels, -100))
               for name, places in mlm_kinds.items()}
print({name: (int(mlm_kinds[name].sum()), round(loss, 2)) for name, loss in mlm_by_kind.items()})
assert 0.2 < mlm_by_kind["kept"] < mlm_by_kind["masked"] - 1 < mlm_by_kind["random"]

# %% [markdown]
# Far lower than at a gap, and not 0. The model cannot know whether a word was kept or put there by
# chance, so it keeps part of its belief in the context; at random words it pays for having trusted them.
# That is the 10/10 rule at work.
#
# ### Is there a real one to try?
#
# None of the packaged encoders of this course has a usable MLM head. MiniLM, bge and the tagger came
# without theirs. SPLADE, which you meet in part 5, has one, but its training for search gave it another
# job: name words that a text should be *found under*.

# %% tags=["S-mlm"]
import torch

from helpers.models import load_splade

splade = load_splade()
for gap_text in ("paris is the capital of [MASK].", "the cat sat on the [MASK].", "the opposite of hot is [MASK]."):
    encoding = splade.tokenizer.encode(gap_text)
    with torch.inference_mode():
        scores = splade.model(torch.tensor([encoding.ids]))[0, encoding.tokens.index("[MASK]")]
    guesses = [splade.vocabulary[i] for i in scores.topk(5).indices]
    print(f"{gap_text:34s}", ", ".join(guesses))
    assert not {"france", "mat", "cold"} & set(guesses)

# %% [markdown]
# Nothing fits, and that is no fault: a head is as good as its last training. (A hosted BERT with its head,
# by way of `transformers`' fill-mask pipeline, answers “france”. You need the network for that.)

# %% [markdown]
# ### One word, two senses
#
# What does such a training give to a *word*? 112 sentences, written for this course, hold one of seven
# ambiguous nouns, each in two senses: *bank* (money, river), *bat*, *match*, *plant*, *spring*, *crane*,
# *palm*. We take the word's own state in every layer of two models: MiniLM (six layers, distilled from a
# masked language model, then tuned on pairs), and the **tagger**, a DistilBERT that was tuned to mark
# corrections word by word. Each can look at the sentence; neither was trained on senses.
#
# A static vector has one place for both senses: cosine 1. **Before you run the next cell:** which
# cosine do you expect for two occurrences of the same sense, and of different senses?

# %% tags=["S-contextual"]
from helpers import senses
from helpers.models import load_distilbert_tagger, load_minilm
from helpers.plots.senses import accuracy_by_layer, sense_browser

sense_rows = data.sense_sentences()
sense_words = list(dict.fromkeys(row.word for row in sense_rows))
sense_states = {"MiniLM": senses.occurrence_vectors(load_minilm(), sense_rows),
                "tagger": senses.occurrence_vectors(load_distilbert_tagger(), sense_rows)}
sense_found = {name: [senses.by_word(layer, sense_rows) for layer in states]
               for name, states in sense_states.items()}
print("mean cosine, same sense / other sense")
for name, layers in sense_found.items():
    same, other = ([np.mean([getattr(w, kind) for w in by.values()]) for by in layers] for kind in ("same", "other"))
    print(f"{name:7s}", "  ".join(f"{a:.2f}/{b:.2f}" for a, b in zip(same, other, strict=True)))
    assert all(a > b + 0.02 for a, b in zip(same[1:], other[1:], strict=True)) and abs(same[0] - other[0]) < 0.01
    print("   bank", "  ".join(f"{by['bank'].same:.2f}/{by['bank'].other:.2f}" for by in layers))

# %% [markdown]
# From layer 1 on, the same sense is closer. But look at the size of it: in MiniLM two *banks* that have
# nothing to do with each other still have a cosine above .8. Most of a word's vector is the word. A
# threshold on cosines would be useless; the *order* may still be right. So ask each occurrence for its
# nearest other occurrence, and count how often that has the same sense. Guessing gives 7/15 = .47: of the
# 15 others, seven share the sense.

# %% [markdown]
# > **An interviewer asks (Q22):** “Why are contextual vectors better than static ones, and what do they
# > cost?”
#
# You now build the measure that the answer rests on.

# %% [markdown] exercise="Q22-senses"
# ### Can a vector tell the sense?
#
# Compute the leave-one-out accuracy of the nearest neighbour: for each occurrence find the *other*
# occurrence with the largest cosine, and see whether its sense is the same.
#
# - If several others are equally near (to within 1e-6), count the share of them that has the right sense.
# - A zero vector has cosine 0 with everything.
# - Return the mean over all occurrences, one number.

# %% solution="Q22-senses"
def sense_accuracy(vectors, senses):
    """Compute the leave-one-out accuracy of the nearest neighbour by cosine.

    Parameters
    ----------
    vectors : ndarray (n, d)
        A vector for each occurrence of a word; n is at least 2.
    senses : sequence (n,)
        Sense of each occurrence: strings or numbers.

    Returns
    -------
    float
    """
    ### BEGIN SOLUTION
    senses = np.asarray(senses)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = cosines >= cosines.max(axis=1, keepdims=True) - 1e-6
    right = nearest & (senses[:, None] == senses)
    return (right.sum(axis=1) / nearest.sum(axis=1)).mean()
    ### END SOLUTION


# %% check="Q22-senses"
check("Q22-senses", sense_accuracy)
### BEGIN HIDDEN TESTS
check("Q22-senses", sense_accuracy, seed=7302, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# All cosines at once: divide the rows by their lengths, then `unit @ unit.T`. Each occurrence would find
# itself, so put −∞ on the diagonal.
# </details>
# <details><summary>Hint 2</summary>
#
# `nearest = cosines >= cosines.max(axis=1, keepdims=True) - 1e-6` marks all that are equally near.
# </details>
# <details><summary>Hint 3</summary>
#
# `right = nearest & (senses[:, None] == senses)` with `senses = np.asarray(senses)`; divide the row sums of
# `right` by those of `nearest` and take the mean.
# </details>
# <details><summary>Help: my check speaks of nan or a zero vector</summary>
#
# Divide by `np.maximum(length, 1e-12)`: a zero vector stays zero.
# </details>

# %% [markdown]
# ### A fair opponent
#
# “Static vectors score .47” would be a cheap win. A static vector of *bank* cannot tell its senses, but the
# static vectors of the words *around* it can be averaged. Two versions, with GloVe: a plain mean over the
# sentence without the word, and one that weights each word by $a/(a+p)$, where $p$ is its frequency and
# $a=10^{-3}$ (Arora et al. 2017), so that *the* and *of* hardly count.
#
# **Before you run the next cell:** how close will they come to the encoders? The intervals are bootstraps
# over the seven words, since sentences of one word are not independent.

# %% tags=["S-contextual"]
glove_words, glove_vectors = data.pretrained_glove()
needed = {word for row in sense_rows for word in data.tokenize(row.sentence)}
glove_table = {word: glove_vectors[i] for i, word in enumerate(glove_words) if word in needed}
sense_corpus = data.corpus()
frequency = dict(zip(sense_corpus.words, sense_corpus.counts / sense_corpus.n_tokens, strict=True))
sense_weights = {word: 1e-3 / (1e-3 + frequency.get(word, 0)) for word in needed}
sense_static = {"static: the word itself": np.ones((len(sense_rows), 1)),
                "static: mean of neighbours": senses.context_means(sense_rows, glove_table),
                "static: weighted mean": senses.context_means(sense_rows, glove_table, sense_weights)}


def sense_row(by):
    values = [by[word].accuracy for word in sense_words]
    return (np.mean(values), *senses.interval_over_words(values))


# %% tags=["S-contextual"]
sense_lines = {name: sense_row(senses.by_word(vectors, sense_rows)) for name, vectors in sense_static.items()}
sense_curves = {name: np.array([sense_row(by) for by in layers]) for name, layers in sense_found.items()}
for name, (value, low, high) in sense_lines.items():
    print(f"{name:28s}{value:6.2f}  [{low:.2f}, {high:.2f}]")
for name, rows in sense_curves.items():
    for layer, (value, low, high) in enumerate(rows):
        print(f"{name} layer {layer:d}{'':13s}{value:6.2f}  [{low:.2f}, {high:.2f}]")
fig = accuracy_by_layer(sense_curves, {name: row[0] for name, row in sense_lines.items()})
plots.show(fig, alt="Sense accuracy by layer with intervals. Both models start near guessing at layer 0; MiniLM rises "
           "to about .94 in layers 3 to 5, the tagger to .87 and falls in its last layers. The weighted static mean "
           "is a line at about .90.")
assert 0.46 < sense_lines["static: the word itself"][0] < 0.47
assert sense_curves["MiniLM"][0, 0] < 0.6 and sense_curves["tagger"][0, 0] < 0.62
assert sense_curves["MiniLM"][1:, 0].max() > 0.9 and sense_curves["tagger"][1:5, 0].min() > 0.75
assert sense_lines["static: weighted mean"][0] > 0.85 > sense_curves["tagger"][5, 0]
assert sense_curves["MiniLM"][6, 0] < sense_curves["MiniLM"][1:6, 0].max()

# %% [markdown]
# Three things to see. Layer 0, the token plus its place, only guesses; **one** layer of attention brings
# most of the gain. The last layer is not the best one: MiniLM peaks in the middle, and the tagger's last
# two layers, busy with corrections, lose much of what layer 1 knew. And the weighted mean of static vectors
# scores about .90, level with MiniLM's last layer and three points below its best. With seven words the
# intervals overlap: **for senses this far apart, static vectors of the neighbours are enough.** The
# contextual vector has a merit that this figure does not show. It needs no weights of ours, and it
# stays a vector of the *word*: role and order go into it as well.

# %% tags=["S-contextual"]
bank_rows = [i for i, row in enumerate(sense_rows) if row.word == "bank"]
browser, picture = sense_browser(
    sense_states["MiniLM"][:, bank_rows], [sense_rows[i].sense for i in bank_rows],
    [sense_rows[i].sentence for i in bank_rows], shown=(0, 1, 4))  # fmt: skip
plots.show_interactive(browser, static=picture, alt="The 16 occurrences of bank on two principal components in "
                       "MiniLM: mixed in layer 0, largely apart in layer 1, two groups in layer 4.")

# %% [markdown]
# Move the slider from 0 upwards and hover over the points. In layer 0 only the position in the sentence
# spreads them. From layer 1 on money and river part. Look for the stragglers and read their sentences: what
# word should have given the sense away?

# %% [markdown]
# ### What does it cost?
#
# A static vector is looked up: no multiplication, one row of a table. An encoder multiplies. In a layer of
# width $d$ a token meets four $d\times d$ matrices in attention and two of $d\times 4d$ behind it:
# $4d^2+8d^2=12d^2$ multiply-adds, plus $2Ld$ for comparing with and averaging over $L$ tokens (part 6
# takes this further). **Before you run the next cell:** MiniLM has $d=384$ and six layers. How many
# multiply-adds is a text of 15 tokens, and how many bytes are the vectors of *every occurrence* of a word
# in the course's corpus, against one vector for each word?

# %% tags=["S-contextual"]
from time import perf_counter

from helpers.progress import timing

cost_L, cost_d, cost_layers = 15, 384, 6
cost_token = cost_layers * (12 * cost_d**2 + 2 * cost_L * cost_d)
cost_types, cost_tokens = (sense_corpus.counts >= 5).sum(), sense_corpus.n_tokens
print(f"multiply-adds: {cost_token:,} a token, {cost_L * cost_token:,} a text; looked up: 0")
for name, count in (("one vector a word", cost_types), ("one an occurrence", cost_tokens)):
    print(f"{name}: {count:,} x {cost_d} numbers in float32 = {count * cost_d * 4 / 1e6:,.0f} MB")
encoder, cost_texts = load_minilm(), [row.sentence for row in sense_rows]
started = perf_counter()
encoder.encode(cost_texts)
timing("one text through MiniLM", (perf_counter() - started) / len(cost_texts))
started = perf_counter()
senses.context_means(sense_rows, glove_table, sense_weights)
timing("its weighted mean of static vectors", (perf_counter() - started) / len(cost_texts))
assert 1.05e7 < cost_token < 1.1e7 and cost_tokens / cost_types > 100

# %% [markdown]
# Eleven million multiply-adds a token, 160 million a short text, and again each time the context changes.
# Vectors of occurrences cannot be computed once and stored like a dictionary: for our small corpus they
# are 8 GB, against 44 MB for one vector a word. That is why nobody stores them all. Systems keep one
# vector a *text* (part 3), or a few, compressed (part 6).

# %% [markdown] exercise="Q22-conclusions"
# ### What do contextual vectors buy?
#
# Which statements follow from what you measured?
#
# - **A.** A contextual vector can tell two senses of a word apart; a static vector of the word cannot.
# - **B.** On these sentences contextual vectors are far ahead of everything that static vectors can do.
# - **C.** The last layer of an encoder is the best one for telling senses apart.
# - **D.** The senses can be told apart although the cosine between them is high.
# - **E.** A contextual vector costs millions of multiplications where a static one costs none.
# - **F.** The measurement shows that MiniLM's layer 4 is better than its layer 5.
# - **G.** The embedding layer of an encoder already separates the senses.
#
# Put the letters of those that follow into the set.

# %% solution="Q22-conclusions"
chosen_q22 = ...  # a set of letters, such as {"A", "B"}
### BEGIN SOLUTION
chosen_q22 = {"A", "D", "E"}
### END SOLUTION

# %% check="Q22-conclusions"
check("Q22-conclusions", chosen_q22)
### BEGIN HIDDEN TESTS
check("Q22-conclusions", chosen_q22, seed=7303, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# **Your turn to answer.** “Why are contextual vectors better than static ones, and what do they cost?” Write
# what you would say in two minutes.
#
# <details><summary>Rubric (4 points)</summary>
#
# 1. Says what a contextual vector depends on, and gives evidence with a measure (same against other sense,
#    nearest neighbour), not only the word “bank”.
# 2. Names the fair opponent (static vectors of the neighbours) and says how close it came here.
# 3. Says where in the model the information sits: not in layer 0, not best in the last layer, and why.
# 4. Costs with figures: multiply-adds or time a text, no table to look up, storage; and a case in which
#    static vectors are enough. </details>

# %% [markdown] written="Q22-written" points=4
# A static model gives *bank* one vector, an average of its senses weighted by how often they occur. An
# encoder recomputes the vector in every sentence, through attention. On 112 sentences with seven ambiguous
# nouns I asked each occurrence for its nearest other one. The embeddings only guess (about .5), one layer
# of attention brings MiniLM to about .8, and its middle layers to about .94. The cosine between senses
# stays near .87, so it is the order that tells them apart, not the size. The last layer is somewhat worse:
# it serves the task that the model was tuned for, which is even clearer in a tagger.
#
# The fair opponent is not the word's own static vector but the mean of its neighbours', with frequent words
# weighted down. It got about .90, within the interval. So for coarse senses, topics and keywords static
# vectors will often do; context pays where order, roles and fine differences count.
#
# The price: a look-up costs no multiplication, MiniLM about eleven million multiply-adds a token, some ten
# milliseconds a sentence on a core, each time again. And there is no table: one vector for each occurrence
# in a corpus of five million tokens would be 8 GB instead of 44 MB, so one stores a vector a text instead.
