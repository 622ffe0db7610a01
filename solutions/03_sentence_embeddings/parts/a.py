# %% [markdown]
# ## 1. Attention, positions, input
#
# > **An interviewer asks:** “What does self-attention compute? Why divide by $\sqrt d$, why does it
# > need positions, and what changes with a causal mask?”
#
# Four short questions, and each has a stock phrase for an answer: “tokens look at each other”,
# “it keeps the numbers small”, “attention has no order”, “it cannot see the future”. None is
# wrong, none shows that you know it. In this part you write attention down, find it again inside
# a real model, digit by digit, and measure what each ingredient does. Write your four answers
# now, in a sentence each; at the end of the part you can compare.

# %% [markdown]
# ### A weighted mean, with weights that depend on the text
#
# A text comes as $L$ vectors, one a token. Attention gives each token a new vector: a weighted
# mean over all tokens. Three roles are computed from each vector by a learned matrix. The
# **query** $\mathbf q_i$ says what token $i$ looks for, the **key** $\mathbf k_j$ what token $j$
# can be found by, the **value** $\mathbf v_j$ what it hands over. With queries, keys and values
# as rows of $Q$, $K$, $V$, and $d$ the width of a query (Vaswani et al. 2017),
#
# $$\text{Attention}(Q,K,V) = \text{softmax}\!\big(QK^\top/\sqrt d\big)\,V .$$
#
# **Before you run the next cell:** the values are between −1 and 1, the queries and keys can be
# anything. Can a feature of the output be larger than 1?

# %% tags=["S-attention"]
attn_rng = np.random.default_rng(3)

import torch
from torch.nn.functional import scaled_dot_product_attention

torch.set_num_threads(1)  # Sums in one order give the same digits every time
q, k = attn_rng.normal(size=(2, 5, 8))  # five tokens, width 8
v = attn_rng.uniform(-1, 1, size=(5, 8))

scores = q @ k.T / math.sqrt(8)
weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
output = weights @ v
library = scaled_dot_product_attention(*(torch.tensor(x)[None] for x in (q, k, v)))[0].numpy()
print("weights of the first token:", weights[0].round(3), " sum", weights[0].sum().round(6))
agrees = np.allclose(output, library, atol=1e-12)
print(f"largest output {np.abs(output).max():.3f}; agrees with PyTorch: {agrees}")
assert agrees and np.abs(output).max() < 1

# %% [markdown]
# Three lines, and PyTorch agrees. The weights of a row are positive and sum to 1, so each output
# lies between the values, never beyond. With given weights attention only mixes. What is not
# linear is the choice of the weights, and the feed-forward network that follows.
#
# ### Why divide by the square root of d?
#
# **As it is usually told:** “the dot products get too large.” Large compared with what, and what
# is the harm? If the entries of $\mathbf q$ and $\mathbf k$ are independent with variance 1, then
# $\mathbf q^\top\mathbf k$ is a sum of $d$ terms of variance 1.
#
# **Before you run the next cell:** what is the standard deviation of a score for $d = 256$? A
# query has 32 keys to choose from. Over how many does it spread its weight, and how much gradient
# passes? (We count keys by $e^H$, with $H$ the entropy of the weights $p_j$ in nats: 32 if even,
# 1 if all on one. For the gradient we add up the slopes $\partial p_j/\partial s_j=p_j(1-p_j)$
# over the keys.)

# %% tags=["S-attention"]
from scipy.special import softmax

widths = (4, 16, 64, 256, 1024)
scale_table = {"as it is": [], "divided by the root of d": []}
for width in widths:
    raw = attn_rng.normal(size=(2000, width)) @ attn_rng.normal(size=(width, 32))
    for name, s in zip(scale_table, (raw, raw / math.sqrt(width)), strict=True):
        p = softmax(s, axis=1)
        keys = np.exp(-(p * np.log(np.maximum(p, 1e-300))).sum(axis=1)).mean()
        slope = (p * (1 - p)).sum(axis=1).mean()  # sum of dp_j / ds_j over the keys
        scale_table[name].append((s.std(), keys, slope))
        print(f"d = {width:4d} {name:26s} sd {s.std():5.1f}   keys {keys:4.1f}   slope {slope:.2f}")
plain, scaled = (np.array(rows) for rows in scale_table.values())
assert np.allclose(plain[:, 0], np.sqrt(widths), rtol=0.1) and np.allclose(scaled[:, 0], 1, atol=0.1)
assert plain[3, 1] < 1.6 and scaled[:, 1].min() > 18 and plain[3, 2] < 0.2 < 0.9 < scaled[3, 2]

# %% tags=["S-attention"]
fig, axes = plots.figure(1, 3, width=10, height=3)
for name, rows, style in (("as it is", plain, "s--"), ("divided by √d", scaled, "o-")):
    for ax, column in zip(axes, rows.T, strict=True):
        ax.plot(widths, column, style, label=name)
for ax, name in zip(axes, ("sd of the scores", "keys in use (of 32)", "slope of the softmax"), strict=True):
    ax.set(xlabel="width d", title=name, ylim=(0, None), xticks=widths, xticklabels=widths)
    ax.set_xscale("log", base=2)
    ax.set_xticks(widths, widths)
axes[0].legend()
plots.show(fig, alt="Three panels over the width d. As it is, the scores' spread grows from 2 to 32, the keys "
           "in use fall from 12 to 1 and the slope from 0.81 to 0.06. Divided by the root, all stay flat.")

# %% [markdown]
# The standard deviation is $\sqrt d$: 16 for $d=256$. Dashed, without the division, the softmax
# turns into “take the best key”: hardly more than one key is in use, and the slope falls towards
# 0 (a **saturated** softmax). The harm is in training: where the slope is 0, no gradient tells a
# query that it looks at the wrong key. Divided by $\sqrt d$, a new model starts with soft weights
# at every width, if the entries start with variance 1.
#
# So the division fixes the *start*. A trained model may make its scores as large as it likes, and
# we shall meet a head that did.
#
# One more ingredient before you build it: a **mask** says which keys a query may see. It hides
# padding (the empty places that make texts of a batch equally long), and it hides the future in a
# causal model. What is masked must get weight 0, and the rest must still sum to 1.

# %% [markdown] exercise="X-attn"
# ### Attention with a mask
#
# Compute scaled dot-product attention for a batch of texts, and return the output and the
# weights.
#
# - A masked key gets weight exactly 0; the weights of a row sum to 1 over the keys that it may
#   see.
# - A query that may see nothing gets weights 0 and output 0, not NaN.
# - Scores may be in the tens of thousands, and a masked key may have by far the largest one.
# - The mask holds booleans or 0 and 1, and is **broadcastable** to $(b, m, L)$: $(b, 1, L)$ hides
#   padding from all queries of a text, $(m, L)$ is the same for all texts.
# - Inputs are not changed.

# %% solution="X-attn"
def masked_attention(queries, keys, values, mask):
    """Compute attention for b texts.

    Parameters
    ----------
    queries : ndarray (b, m, d)
        One query for each of m positions.
    keys : ndarray (b, L, d)
    values : ndarray (b, L, v)
        A key and a value for each of L positions.
    mask : ndarray, broadcastable to (b, m, L)
        True or 1 where a query may see a key.

    Returns
    -------
    output : ndarray (b, m, v)
    weights : ndarray (b, m, L)
    """
    ### BEGIN SOLUTION
    scores = queries @ keys.transpose(0, 2, 1) / math.sqrt(queries.shape[-1])
    # The lowest finite number, not -inf, whose difference with itself would be NaN
    scores = np.where(mask, scores, np.finfo(float).min)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True)) * mask
    # The largest term is 1: a sum is at least 1, or 0 where nothing may be seen
    weights = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1)
    return weights @ values, weights
    ### END SOLUTION


# %% check="X-attn"
check("X-attn", masked_attention)
### BEGIN HIDDEN TESTS
check("X-attn", masked_attention, seed=7301, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Start from `scores`, `weights` and `output` in the first cell, with `keys.transpose(0, 2, 1)`
# for the batch. Then ask in which of the three a key can be taken out so that the others still
# sum to 1.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Before the softmax: `np.where(mask, scores, lowest)` gives masked keys the lowest score there
# is. It broadcasts the mask by itself. Then subtract each row's maximum before `np.exp`: it
# cancels.
#
# </details>
# <details><summary>Hint 3</summary>
#
# With `lowest = np.finfo(float).min` a row without keys becomes $e^0 = 1$ everywhere, and no NaN.
# Multiply by the mask once more, and divide by the sum, but by 1 where the sum is 0.
#
# </details>
# <details><summary>Help: my check says that something is NaN</summary>
#
# Two sources: `exp` of a score above 709 is infinite, and ∞/∞ is NaN; and −∞ − (−∞) is NaN, in a
# row where everything is masked. `np.nan_to_num` hides both, also where a number should have come
# out.
#
# </details>
# <details><summary>Help: my check speaks of the masked key that outscores the others</summary>
#
# The maximum that you subtract must be the largest score *that the query may see*.
#
# </details>

# %% [markdown]
# ### The same in a real model, digit by digit
#
# `helpers.attention.attention` does what you built. Let us find it in all-MiniLM-L6-v2, a
# sentence encoder that we shall use throughout this lesson: six layers, width $d = 384$. Its
# attention has $h = 12$ **heads**: queries, keys and values are cut into 12 slices of $d/h = 32$
# features, each slice attends for itself, divides by $\sqrt{32}$ (the width of *its* query, not
# $\sqrt{384}$), and the 12 outputs are put side by side and mixed by one more matrix. One head
# can then look at the previous token while another looks for the verb.
#
# **Before you run the next cell:** have 12 heads of width 32 more parameters than one head of
# width 384?

# %% tags=["S-attention"]
from helpers.attention import attention, join_heads, split_heads
from helpers.models import load_minilm

for mask in (None, np.tril(np.ones((5, 5), dtype=bool))):  # every key; only the past
    as_mask = None if mask is None else torch.tensor(mask)
    library = scaled_dot_product_attention(*(torch.tensor(x)[None] for x in (q, k, v)), as_mask)
    assert np.allclose(attention(q, k, v, mask)[0], library[0].numpy(), atol=1e-12)

attn_encoder = load_minilm()
attn_bert = attn_encoder.backend.model
attn_text = "The bank by the river lent her money."
attn_tokens = attn_encoder.token_states([attn_text], layer=0)[0].tokens
attn_input = attn_encoder.token_states([attn_text], layer=0)[0].vectors  # (L, 384)
print(attn_encoder, "\n", " ".join(attn_tokens))
assert attn_input.shape == (11, 384) and attn_bert.config.num_attention_heads == 12


# %% tags=["S-attention"]
def linear(x, layer):
    return x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()


def multi_head(x, block, heads=12):
    projected = [split_heads(linear(x, layer), heads) for layer in (block.query, block.key, block.value)]
    output, weights = attention(*projected)  # (heads, L, 32) and (heads, L, L)
    return linear(join_heads(output), block.output), weights


# %% tags=["S-attention"]
block = attn_bert.layers[0].attention
mine, my_weights = multi_head(attn_input, block)
with torch.inference_mode():
    theirs, _ = block(torch.tensor(attn_input)[None], torch.ones(1, 1, 1, 11, dtype=torch.bool))
all_weights = attn_encoder.attentions(attn_text)  # (6 layers, 12 heads, L, L)
print(f"parameters {sum(p.numel() for p in block.parameters()):,} = 4 x (384 x 384 + 384)")
print("agrees with the model:", np.allclose(mine, theirs[0].numpy(), atol=1e-4),
      np.allclose(my_weights, all_weights[0], atol=1e-5))
assert np.allclose(mine, theirs[0].numpy(), atol=1e-4) and np.allclose(my_weights, all_weights[0], atol=1e-5)
assert sum(p.numel() for p in block.parameters()) == 4 * (384 * 384 + 384)

# %% [markdown]
# Both agree. And no: heads cost no parameters, since the matrices have the same size for any $h$.
# Only the score tables grow, from one to $h$ of $L\times L$. What heads buy is several weighted
# means at once instead of one.
#
# A **layer** is this attention, then a feed-forward network that works on each token alone
# ($384\to1536\to384$). What each of the two gives is *added* to what came in (**residual
# connection**), and the sum is normalised: the layer norm brings a token's features to mean 0 and
# variance 1, then scales and shifts each by learned numbers. So a token keeps itself, wherever
# its heads look.

# %% tags=["S-attention"]
from scipy.special import ndtr  # the normal distribution function


def layer_norm(x, norm):
    x = x - x.mean(axis=1, keepdims=True)
    x = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-12)
    return x * norm.weight.detach().numpy() + norm.bias.detach().numpy()


layer = attn_bert.layers[0]
attended = layer_norm(attn_input + mine, layer.attention_norm)
wide = linear(attended, layer.feed_forward.intermediate)  # (L, 1536)
bent = wide * ndtr(wide)  # the GELU, a smooth max(x, 0)
narrow = linear(bent, layer.feed_forward.output)
first_layer = attn_encoder.token_states([attn_text], layer=1)[0].vectors
rebuilt = np.allclose(layer_norm(attended + narrow, layer.output_norm), first_layer, atol=1e-4)
print("the whole first layer agrees:", rebuilt)
assert rebuilt

# %% [markdown]
# ### What do the heads look at?
#
# A row of a picture is a token that looks, a column a token that is looked at. Layers and heads
# are numbered from 1.
#
# **Before you run the next cell:** which share of all attention do you expect on real words, and
# which on the two marks that the tokenizer adds, [CLS] in front and [SEP] at the end?

# %% tags=["S-attention"]
from helpers.plots.attention import head_browser, position_maps

browser, picture = head_browser(all_weights, attn_tokens, shown=[(1, 3), (2, 9), (1, 5), (6, 5)])
plots.show_interactive(browser, static=picture, alt="Attention weights of four heads on one sentence: layer 1 "
                       "head 3 looks at the token before, layer 2 head 9 at the token after; bank looks at "
                       "river in layer 1 head 5, and at lent in layer 6 head 5.")

# %% [markdown]
# Move the slider, and hover over a cell to read who looks at whom. Layer 1, head 3 looks at the
# token before, whatever it is: its scores lie so far apart that the softmax is hard, in spite of
# the $\sqrt d$. Layer 2, head 9 prefers the token after. And what kind of “bank” is it? In layer
# 1, head 5, “bank” looks at “river”; in layer 6, head 5, at “lent”. Each picture tells a story,
# and they are not the same one. (Read down that column, too: *every* token looks at “lent”
# there.) Last, from layer 2 on many heads have a bright first column. Count before you believe
# your eyes.

# %% tags=["S-attention"]
words_only = slice(1, -1)  # rows of real tokens
previous = np.array([[np.diag(head, -1)[1:].mean() for head in layer] for layer in all_weights])
following = np.array([[np.diag(head, 1)[:-1].mean() for head in layer] for layer in all_weights])
on_cls = all_weights[:, :, words_only, 0].mean(axis=(1, 2))
on_sep = all_weights[:, :, words_only, -1].mean(axis=(1, 2))
spread = np.log(np.maximum(all_weights[0], 1e-38)).std(axis=-1).mean(axis=-1)  # sd of the scores in a row
of_bank = {f"layer {i}, head {j}": dict(zip(attn_tokens, all_weights[i - 1, j - 1, 2], strict=True))
           for i, j in ((1, 5), (6, 5))}  # row 2 is bank
print(f"layer 1 head 3: {previous[0, 2]:.2f} on the token before")
print(f"layer 2 head 9: {following[1, 8]:.2f} on the token after")
for name, row in of_bank.items():
    print(f"{name}: bank looks at river {row['river']:.2f}, at lent {row['lent']:.2f}")
print(f"sd of scaled scores in layer 1: head 3 {spread[2]:.0f}, median of the heads {np.median(spread):.1f}")
print("share on [CLS] by layer", on_cls.round(2), "   on [SEP]", on_sep.round(2))
assert previous[0, 2] > 0.95 and following[1, 8] > 0.55
assert of_bank["layer 1, head 5"]["river"] > 0.6 and of_bank["layer 6, head 5"]["lent"] > 0.35
assert spread[2] > 5 * np.median(spread) and (on_cls[1:5] > 0.45).all()

# %% [markdown]
# In layers 2 to 5 the tokens of this sentence give some 60% of their attention to [CLS], which
# stands for no word, a few per cent to [SEP], and only the rest to each other. Clark et al.
# (2019) found the same habit in BERT, with [SEP]. Their explanation: a head must spend a weight
# of 1 even if nothing in the text concerns it, so models learn a place to look at when there is
# nothing to look at.
#
# **As it is usually told:** “attention weights show what the model uses.” What a token receives
# is weight *times value*. **Before you run the next cell:** if we compare the lengths of the
# vectors that really arrive (Kobayashi et al. 2020), does [CLS] keep its 60%?

# %% tags=["S-attention"]
from helpers.attention import contribution_shares

arriving = []
for number, layer in enumerate(attn_bert.layers):
    states = attn_encoder.token_states([attn_text], layer=number)[0].vectors
    layer_values = split_heads(linear(states, layer.attention.value), 12)
    mixing = layer.attention.output.weight.detach().numpy()
    shares = contribution_shares(all_weights[number], layer_values, mixing)
    arriving.append(shares[:, words_only, 0].mean())

fig, ax = plots.figure(height=2.8)
ax.bar(np.arange(1, 7) - 0.2, on_cls, width=0.4, label="attention weight on [CLS]")
ax.bar(np.arange(1, 7) + 0.2, arriving, width=0.4, label="share of what arrives (vector length)")
ax.set(xlabel="layer", ylabel="share, mean over heads", ylim=(0, 0.8))
ax.legend(loc="upper center", ncols=2)
plots.show(fig, alt="Bars by layer: the weight on CLS is about 0.6 in layers 2 to 5, its share of what arrives 0.1.")
print("weight", on_cls.round(2), " arriving", np.round(arriving, 2))
assert max(arriving) < 0.16 and (on_cls[1:5] > 3.5 * np.array(arriving[1:5])).all()

# %% [markdown]
# [CLS] draws most of the weight and hands over about a tenth: its values are short. Can the model
# then do without it? We silence it (its values become 0, the weights stay) or hide it (no token
# may look at it, so that the heads spend its weight elsewhere). **Before you run the next cell:**
# which of the two changes the sentence vector more, the mean of the tokens between the marks?

# %% tags=["S-attention"]
attn_sentences = ("The animal did not cross the street because it was too tired.", attn_text,
                  "A young woman plays the violin on a crowded square.",
                  "The council rejected the plan to build a new bridge.",
                  "My old laptop refuses to start when it is cold.",
                  "Heavy rain flooded the cellar of the town library.")

changed = []
for text in attn_sentences:
    ids = torch.tensor(5 * [attn_encoder.tokenizer.encode(text).ids])  # four will be changed
    may_see, keep = torch.ones(5, *ids.shape[1:] * 2, dtype=torch.long), torch.ones(*ids.shape, 1)
    keep[1, 0] = keep[2, 3] = 0  # silence [CLS], or the third word
    may_see[3, :, 0] = may_see[4, :, 3] = 0  # hide them
    hooks = [layer.attention.value.register_forward_hook(lambda *call, keep=keep: call[-1] * keep)
             for layer in attn_bert.layers]  # call: the module, what goes in, what comes out
    with torch.inference_mode():
        pooled = attn_bert(ids, may_see).last_hidden_state[:, 1:-1].mean(dim=1)
    for hook in hooks:
        hook.remove()
    changed.append(torch.cosine_similarity(pooled[1:], pooled[:1]).tolist())
left_of_it = dict(zip(("[CLS] silenced", "a word silenced", "[CLS] hidden", "a word hidden"),
                      np.mean(changed, axis=0).round(3).tolist(), strict=True))
print("cosine with the untouched vector, mean of six sentences\n", left_of_it)
assert left_of_it["[CLS] silenced"] > 0.985 > left_of_it["a word silenced"] > 0.8
assert left_of_it["[CLS] hidden"] < 0.7 and 0.8 < left_of_it["a word hidden"] < 0.985

# %% [markdown]
# What [CLS] says is hardly used; the place is needed. Silenced, it is missed less than a word.
# Hidden, the weight has to go to the words, and the vector is ruined. A weight need not be a
# message.
#
# Now the same test for words: take one away. If the weight on a word says how much it matters,
# then removing words that are much looked at should change the sentence vector most. **Before you
# run the next cell:** pick one of the 72 heads at random. What rank correlation do you expect
# between “looked at” and “matters”? And if we average all heads?

# %% tags=["S-attention"]
from scipy.stats import spearmanr

by_head, averaged = [], []
for text in attn_sentences:
    words = text.rstrip(".").split()
    without = [" ".join(words[:i] + words[i + 1 :]) + "." for i in range(len(words))]
    vectors = attn_encoder.encode([text, *without])
    matters = 1 - vectors[1:] @ vectors[0]  # how far the sentence vector moves
    tokens = attn_encoder.token_states([text])[0].tokens
    columns = [i for i, token in enumerate(tokens) if token.isalpha()]  # each word is one token here
    seen = attn_encoder.attentions(text)[:, :, :, columns].mean(axis=2)  # received, (6, 12, words)
    by_head.append([spearmanr(x, matters).statistic for x in seen.reshape(72, -1)])
    averaged.append(spearmanr(seen.mean(axis=(0, 1)), matters).statistic)
head_correlations = np.mean(by_head, axis=0)
print(f"single heads from {head_correlations.min():.2f} to {head_correlations.max():.2f}, median "
      f"{np.median(head_correlations):.2f}; average of all heads {np.mean(averaged):.2f}")
assert head_correlations.min() < -0.4 and 0.1 < np.median(head_correlations) < 0.4 and np.mean(averaged) > 0.7

# %% [markdown]
# A fair answer has two halves. Averaged over all 72 heads, the words that are looked at are, in
# our six sentences, the words that matter. A single head may tell you anything: a few are as good
# as the average, half are below .3, and whoever picks the head can have any story, from −.6 to
# .8. So show heads to ask questions, not to prove an answer. Jain and Wallace (2019) and
# Wiegreffe and Pinter (2019) argue the two sides with care.

# %% [markdown]
# ### Attention does not know what comes first
#
# Look at the formula again: where does it say which token is first? Nowhere. If the rows of the
# input are shuffled, queries, keys and values are shuffled with them, and each token gets the
# same weighted mean as before, in another place. Attention is **permutation equivariant**:
# shuffling first or afterwards is the same.
#
# **Before you run the next cell:** we set MiniLM's position vectors to 0 and encode “The dog
# bites the man.” and “The man bites the dog.” What is the cosine? And with positions: near 0, or
# still high?

# %% tags=["S-attention"]
import copy

from helpers.models import TextEncoder, TorchBackend

order = attn_rng.permutation(len(attn_input))
shuffled, _ = multi_head(attn_input[order], block)
print("shuffle, then attend = attend, then shuffle:", np.allclose(shuffled, mine[order], atol=1e-4))

no_positions = copy.deepcopy(attn_bert)
with torch.no_grad():
    no_positions.embeddings.position_embeddings.weight.zero_()
bag = TextEncoder("MiniLM without positions", attn_encoder.tokenizer, TorchBackend(no_positions), "mean")
for pair in (("The dog bites the man.", "The man bites the dog."),
             ("I only said she stole it.", "She said I only stole it.")):
    same, real = (float(x @ y) for x, y in (model.encode(pair) for model in (bag, attn_encoder)))
    print(f"{pair[0]:26s} | {pair[1]:26s} without positions {same:.4f}, with {real:.3f}")
    assert same > 0.9999 and 0.85 < real < 0.98
assert np.allclose(shuffled, mine[order], atol=1e-4)

# %% [markdown]
# Without positions the whole six-layer model is a bag of words: the cosine is 1. That is why each
# token needs to be told its place. But note the other number. Even *with* positions the two
# sentences about dog and man stay at .97: the model can tell them apart, and perhaps its training
# gave it little reason to. Being able to and doing it are two things; part 5 measures it on
# negations.

# %% [markdown]
# ### Positions as clock hands
#
# The first transformer adds a fixed code to each token. For position $p$ and the pair of features
# $(2i, 2i+1)$ it takes (Vaswani et al. 2017, section 3.5)
#
# $$\text{pos}(p)_{2i} = \sin(p\,\omega_i),\qquad \text{pos}(p)_{2i+1} = \cos(p\,\omega_i),\qquad \omega_i = 10000^{-2i/d}.$$
#
# Think of $d/2$ clock hands, the first turning by one radian a token, each next one a little
# slower. To move on by $o$ positions is to turn each hand by $o\,\omega_i$, an angle that does
# not depend on where you start. **Before you run the next cell:** is $\text{pos}(p+o)$ then a
# *linear* function of $\text{pos}(p)$, and which matrix would it be for $d = 4$?

# %% tags=["S-positions"]
from helpers.attention import shift_rotation, sinusoidal_positions

R = shift_rotation(3, d=4)  # three positions on
print(R.round(3))
worst = max(
    np.abs(sinusoidal_positions([p + o], 64) - sinusoidal_positions([p], 64) @ shift_rotation(o, 64).T).max()
    for p in (0, 1, 17, 500) for o in (-5, 1, 3, 100)
)
codes = sinusoidal_positions(np.arange(200), 64)
dots = codes @ codes.T
along = [np.ptp(np.diag(dots, o)) for o in range(100)]
print("pos(p + o) = R_o pos(p):", worst < 1e-9)
print("R_o is a rotation:", np.allclose(R @ R.T, np.eye(4)))
print("pos(p) . pos(q) is equal for equal q - p:", max(along) < 1e-9)
assert worst < 1e-9 and np.allclose(R @ R.T, np.eye(4)) and max(along) < 1e-9
assert np.allclose(R[:2, :2], [[math.cos(3), math.sin(3)], [-math.sin(3), math.cos(3)]])

# %% tags=["S-positions"]
fig, (left, right) = plots.figure(1, 2, width=10, height=3.2)
image = left.imshow(codes[:64].T, aspect="auto", cmap=plots.DIVERGING, vmin=-1, vmax=1,
                    interpolation="nearest")
fig.colorbar(image, ax=left, label="value")
left.set(xlabel="position p", ylabel="feature", title="pos(p), d = 64")
left.grid(False)
right.plot(dots[100, 50:151] / 32)
right.set(xlabel="position p", ylabel="cosine with position 100", xticks=[0, 25, 50, 75, 100],
          xticklabels=[50, 75, 100, 125, 150], title="near places have similar codes")
plots.show(fig, alt="Left: a striped map, fast waves in the top rows, slow ones at the bottom. Right: the "
           "cosine has a sharp peak of 1 at position 100 and falls off in ripples to both sides.")

# %% [markdown]
# Linear, since $\sin(a+b)=\sin a\cos b+\cos a\sin b$ (and the like for cos): each pair is turned
# by the $2\times2$ matrix of $\cos o\omega_i$ and $\pm\sin o\omega_i$, the same wherever you
# start. Left, the fast hands tell neighbours apart and the slow ones tell page from page. Right,
# the dot product of two codes depends on their distance only.
#
# One flaw remains. The code is *added* to the token. A score then holds four products: token with
# token, token with place, place with token, place with place. Only the last could depend on the
# distance alone, and with learned query and key matrices in between not even that one does.
# **Rotary** positions, RoPE (Su et al. 2021), add nothing. They turn the query by its position
# and the key by its own:
# $(R_p\mathbf q)^\top (R_s\mathbf k) = \mathbf q^\top R_{s-p}\,\mathbf k$.
#
# **Before you run the next cell:** one query and one key are put at all pairs of positions. In
# which of the two pictures are the diagonals of one colour?

# %% tags=["S-positions"]
from helpers.attention import rotary

places = np.arange(48)
query, key = attn_rng.normal(size=(2, 64))
added = (query + sinusoidal_positions(places, 64)) @ (key + sinusoidal_positions(places, 64)).T
turned = rotary(np.tile(query, (48, 1)), places) @ rotary(np.tile(key, (48, 1)), places).T
fig = position_maps({"added": added / 8, "turned (RoPE)": turned / 8}, x="position of the key",
                    y="position of the query", colour="score", cmap=plots.SEQUENTIAL, size=3.6)
plots.show(fig, alt="Two maps of scores: with added positions the colours change along the diagonals, with "
           "RoPE every diagonal has one colour.")
ranges = [max(np.ptp(np.diag(table, o)) for o in range(-40, 41)) for table in (added, turned)]
print(f"largest range along a diagonal: added {ranges[0]:.1f}, turned 0: {ranges[1] < 1e-10}")
assert ranges[0] > 5 and ranges[1] < 1e-10

# %% [markdown]
# With RoPE each diagonal has one colour: the score depends on the two tokens and on how far apart
# they are, and on nothing else. No position is added to the vectors that are passed on. Most
# language models since LLaMA work like this.
#
# **As it is usually told:** “RoPE makes far tokens score less.” Su et al. derive a bound that
# falls with the distance. **Before you run the next cell:** take queries and keys that are
# *equal*, and ones that have nothing to do with each other. For which of them does the score fall
# with the distance?

# %% tags=["S-positions"]
distances = np.arange(1024)
ones = rotary(np.ones((1024, 64)), distances) @ np.ones(64) / 64
unrelated = attn_rng.normal(size=(200, 2, 64))
strangers = np.array([rotary(np.tile(a, (1024, 1)), distances) @ b for a, b in unrelated])
fig, ax = plots.figure(height=3)
ax.plot(distances, ones, label="query = key: share of the score at distance 0")
ax.plot(distances, strangers.std(axis=0) / 8, label="unrelated: sd of the score / √d", linewidth=1)
ax.set(xlabel="distance (tokens)", ylabel="relative score", xscale="symlog", ylim=(0, 1.6))
ax.legend()
plots.show(fig, alt="The curve for equal query and key falls from 1 in ripples to about 0.2; the spread of "
           "scores of unrelated pairs stays at 1 for every distance.")
print("equal:", {o: round(float(ones[o]), 2) for o in (0, 8, 32, 128, 512)})
print("unrelated:", {o: round(float(strangers.std(axis=0)[o] / 8), 2) for o in (0, 8, 32, 128, 512)})
assert ones[512] < 0.25 and ones[32] > ones[16] and 0.8 < strangers.std(axis=0)[::64].mean() / 8 < 1.2

# %% [markdown]
# A key that matches its query loses most of its score with the distance, in ripples. Scores of
# unrelated pairs do not shrink at all: far tokens are as loud as near ones, they only match less
# well. A rotation keeps lengths; it cannot turn anything down.
#
# BERT took a third way: it **learns** a vector for each of 512 positions and adds it. Nothing
# says that these have any order. **Before you run the next cell:** does the cosine of two learned
# positions fall with their distance, as for the sinusoids? And which position will stand out?

# %% tags=["S-positions"]
learned = attn_bert.embeddings.position_embeddings.weight.detach().numpy()
lengths = np.linalg.norm(learned, axis=1)
cosines = (learned / lengths[:, None]) @ (learned / lengths[:, None]).T
by_distance = {o: float(np.diag(cosines[1:256, 1:256], o).mean()) for o in (1, 2, 3, 4, 8, 16, 32, 64, 128)}
sines = sinusoidal_positions(np.arange(64), 384) / math.sqrt(192)
fig = position_maps({"learned (MiniLM)": cosines[:64, :64], "sinusoidal": sines @ sines.T}, x="position",
                    y="position", colour="cosine", size=3.6)
plots.show(fig, alt="Cosines between the first 64 positions. Learned: a bright diagonal with parallel stripes, "
           "brighter every four and sixteen places. Sinusoidal: a smooth band around the diagonal.")
print("mean cosine by distance:", {o: round(c, 2) for o, c in by_distance.items()})
print(f"lengths: position 0 {lengths[0]:.2f}, the others about {np.median(lengths[1:]):.2f}")
assert by_distance[1] > 0.8 and by_distance[4] > by_distance[3] + 0.03 and by_distance[16] > by_distance[8] + 0.1
assert lengths[0] > 4 * np.median(lengths[1:])

# %% [markdown]
# Neighbours are alike (.86), and far positions are not, so the model found order by itself. But
# it is no smooth slope: four places apart is *more* alike than three, sixteen more than eight,
# which gives the stripes. And position 0 is five times as long as the rest, perhaps because [CLS]
# always stands there. The price of learning: there is no vector for position 512, so such a model
# cannot read on.

# %% [markdown]
# ### What a BERT reads: pieces of words
#
# A model has a vector for each entry of its vocabulary, 30,522 here, and no text keeps to it. So
# words are cut into pieces that are in it (**WordPiece**; Schuster and Nakajima 2012). The rule
# is greedy: take the longest entry that begins the word, then the longest that continues it
# (these are written with `##`), and so on. FastText (lesson 01, part 5) *sums* overlapping
# pieces; here a word becomes several tokens, and the layers have to put them together.
#
# **As it is usually told:** “rare words are cut into meaningful parts: un + happi + ness.”
# **Before you run the next cell:** how would you cut *unhappiness*, *photosynthesis* and
# *embedding*?

# %% tags=["S-bert-input"]
attn_tokenizer = attn_encoder.tokenizer
attn_vocabulary = attn_tokenizer.get_vocab()  # piece -> number


def wordpiece(word):
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in attn_vocabulary:
                break
        else:
            return ["[UNK]"]  # not even the next letter is known: the whole word is lost
        pieces.append(piece)
        start = end
    return pieces


for word in ("bank", "unhappiness", "photosynthesis", "embedding", "tokenization", "covid"):
    print(f"{word:16s}", " ".join(wordpiece(word)))
assert wordpiece("unhappiness") == ["un", "##ha", "##pp", "##iness"]
assert wordpiece("embedding") == ["em", "##bed", "##ding"]

# %% tags=["S-bert-input"]
import re

lee = data.lee_documents()
running = re.findall(r"[a-z]+", " ".join([*lee.texts, *lee.background]).lower())
different_words = sorted(set(running))
theirs = [e.tokens for e in attn_tokenizer.encode_batch(different_words, add_special_tokens=False)]
agree = sum(wordpiece(word) == tokens for word, tokens in zip(different_words, theirs, strict=True))
n_pieces = dict(zip(different_words, map(len, theirs), strict=True))
whole = np.mean([n == 1 for n in n_pieces.values()])
print(f"{agree:,} of {len(different_words):,} different words are cut as by the model's own tokenizer")
per_word = np.mean([n_pieces[word] for word in running])
print(f"{whole:.0%} of the different words are one piece; {per_word:.2f} pieces a word in running text")
assert agree == len(different_words) and 0.7 < whole < 0.95
assert 1.0 < per_word < 1.2

# %% [markdown]
# Ten lines cut every word of 350 news stories as the library does. *tokenization* and
# *unhappiness* tell the truth about “meaningful parts”: sometimes, by luck. Frequency decides,
# not grammar. In running news text it hardly matters, since most words are one piece. It matters
# for names, codes and new words.
#
# Before the cutting comes a cleaning that is easily forgotten: this tokenizer is *uncased*.
# **Before you run the next cell:** what is the cosine of “I feel 🙂 today.” and “I feel 🙁 today.”?
# And of “Polish the table.” and “polish the table.”?

# %% tags=["S-bert-input"]
for text in ("Paris PARIS naïve Zürich", "mRNA IFRS-16", "🙂 🙁 ☃ €"):
    print(f"{text:28s}", " ".join(attn_tokenizer.encode(text, add_special_tokens=False).tokens))
for pair in (("I feel 🙂 today.", "I feel 🙁 today."), ("Polish the table.", "polish the table.")):
    x, y = attn_encoder.encode(pair)
    print(f"{pair[0]} | {pair[1]}  cosine {x @ y:.4f}")
    assert np.allclose(x, y, atol=1e-6)

# %% [markdown]
# Both cosines are 1. Case and accents are gone before the model sees anything, and both faces are
# the same token [UNK], *unknown*. No training can bring back what the tokenizer threw away, so
# look at it first when a model is blind to something. An encoder for tweets, for German nouns or
# for part numbers needs another one.
#
# ### Three vectors, one sum
#
# The input of the first layer is, for each token, the sum of three rows of tables, then a layer
# norm: the token's vector, its position's, and its **segment**'s (0 for the first text, 1 for the
# second, when two are read together). [CLS] opens, [SEP] closes each text, and [MASK] stands for
# a token that is hidden in training (part 2). **Before you run the next cell:** which of the
# three vectors is longest?

# %% tags=["S-bert-input"]
joint = attn_tokenizer.encode("How tall is it?", "About two metres.")
print("tokens  ", " ".join(joint.tokens), "\nsegments", *joint.type_ids)
print({name: attn_vocabulary[name] for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")})
assert joint.type_ids == [0] * 7 + [1] * 5 and attn_vocabulary["[MASK]"] == 103

# %% tags=["S-bert-input"]
tables = attn_bert.embeddings
token_rows, segment_rows = (
    table.weight.detach().numpy() for table in (tables.word_embeddings, tables.token_type_embeddings)
)
ids = attn_tokenizer.encode(attn_text).ids
parts = token_rows[ids], learned[: len(ids)], segment_rows[[0] * len(ids)]
by_hand = layer_norm(sum(parts), tables.norm)
print("largest difference to the model below 1e-5:", bool(np.abs(by_hand - attn_input).max() < 1e-5))
part_lengths = [np.linalg.norm(x[1:], axis=1).mean() for x in parts]  # without [CLS]
print("mean lengths: token, position, segment", np.round(part_lengths, 2))
units = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in parts]
between = [np.abs((units[i] * units[j])[1:].sum(axis=1)) for i, j in ((0, 1), (0, 2), (1, 2))]
print("|cosine|: token-position, token-segment, position-segment: mean",
      np.round(np.mean(between, axis=1), 2), " largest", np.round(np.max(between, axis=1), 2))
assert np.allclose(by_hand, attn_input, atol=1e-5) and np.mean(between, axis=1).max() < 0.3
assert 2 < part_lengths[0] / part_lengths[1] < 3

# %% [markdown]
# The sum, normalised, is what the first layer reads. The token's own vector is some two and a
# half times as long as its position's ([CLS], with its long position, is left out). Adding is not
# as rough as it looks: the three stand nearly perpendicular, token and segment least so (.22 on
# average, up to .5), so the first matrices could read each of them out.
#
# At this point a word has one vector for each place, whatever its neighbours are: these are
# static vectors, as in lesson 01. All context comes from the layers that follow.

# %% [markdown]
# ### Who may see whom
#
# BERT's tokens see both sides. GPT and LLaMA are **causal**: token $i$ sees tokens $1..i$ only,
# so that each position can be trained to predict the next one. Between them stood **ELMo**
# (Peters et al. 2018): two one-way models (recurrent ones), one from the left and one from the
# right, whose states are put side by side.
#
# A mask is all it takes to compare them. We give MiniLM's weights three masks (its training was
# two-sided; who *can* see whom depends on the mask alone), exchange one word for another, and
# record which positions' outputs move. **Before you run the next cell:** draw the three pictures.

# %% tags=["S-causal"]
def states_of(words, *masks):
    ids = torch.tensor([attn_tokenizer.encode(" ".join(words)).ids])
    with torch.inference_mode():
        runs = [attn_bert(ids, mask[None]).last_hidden_state[0] for mask in masks]
    return torch.cat(runs, dim=1).numpy()  # (L, d), or (L, 2d) for two passes


story = "the bank by the river was steep and it was wet".split()
both = torch.ones(len(story) + 2, len(story) + 2, dtype=torch.long)
sights = {"bidirectional": (both,), "causal": (both.tril(),), "ELMo: two passes": (both.tril(), both.triu())}
moved = {}
for name, masks in sights.items():
    before = states_of(story, *masks)
    after = np.array([states_of([*story[:i], "lamp", *story[i + 1 :]], *masks) for i in range(len(story))])
    moved[name] = np.linalg.norm(after - before, axis=2) / np.linalg.norm(before, axis=1)
assert (moved["bidirectional"] > 0.05).all() and (moved["ELMo: two passes"] > 0.05).all()
unmoved, after_it = np.tril(moved["causal"]), moved["causal"][np.triu_indices(len(story), 1, len(story) + 2)]
print("causal: nothing moves before the word:", unmoved.max() < 1e-5)
print(f"from the word on everything moves, by at least {after_it.min():.2f}")
assert unmoved.max() < 1e-5 and after_it.min() > 0.05

# %% tags=["S-causal"]
fig, axes = plots.figure(1, 3, width=11, height=3.9, sharey=True)
story_tokens = ["[CLS]", *story, "[SEP]"]
for ax, (name, table) in zip(axes, moved.items(), strict=True):
    image = ax.imshow(np.where(table > 1e-6, table, np.nan), vmin=0, vmax=1.5, interpolation="nearest")
    ax.set_facecolor("#d9d9d9")
    ax.set_xticks(range(len(story_tokens)), story_tokens, rotation=90)
    ax.set_yticks(range(len(story)), story)
    ax.set(title=name, xlabel="position that is read")
    ax.grid(False)
axes[0].set_ylabel("word that is exchanged")
fig.colorbar(image, ax=axes, label="relative change", shrink=0.8)
plots.show(fig, alt="Changed word by position read. Bidirectional: every cell is coloured. Causal: grey left of "
           "the changed word. ELMo: every cell is coloured again.")

# %% [markdown]
# Grey means: not moved at all. In the causal encoder a word changes nothing to its left. So the
# states of “bank” are computed before “river” has been seen and stay as they are; only the last
# position has read the whole text.
#
# The ELMo picture is as full as BERT's. Is it then the same? Peters et al. join the two passes at
# the end; inside, they never meet. **Before you run the next cell:** at “river”, exchange a word
# to its left and a word to its right, each alone and both together. If the joint effect is the
# sum of the two single ones, left and right were never combined. For which encoders is it the
# sum?

# %% tags=["S-causal"]
river_at = 1 + story.index("river")
on_left = [*story[:1], "lamp", *story[2:]]  # bank -> lamp
on_right = [*story[:6], "deep", *story[7:]]  # steep -> deep
on_both = [*on_left[:6], "deep", *on_left[7:]]
combined = {}
for name, masks in sights.items():
    versions = (story, on_left, on_right, on_both)
    nothing, left, right, together = (states_of(words, *masks)[river_at] for words in versions)
    effects = [np.linalg.norm(x - nothing) for x in (left, right)]
    combined[name] = np.linalg.norm((together - nothing) - (left - nothing) - (right - nothing))
    print(f"{name:18s} left alone {effects[0]:.2f}, right alone {effects[1]:.2f},", end=" ")
    print(f"beyond their sum {combined[name]:.2f}")
assert combined["bidirectional"] > 0.3 and combined["ELMo: two passes"] < 1e-4 and combined["causal"] < 1e-4

# %% [markdown]
# The causal “river” does not react to what is on its right at all. In ELMo's scheme the effects
# add exactly: one half of the vector reacts to the left, the other to the right, and nothing in
# it depends on both *together*. In the bidirectional encoder they meet in every layer. That is
# Devlin et al.'s (2019) argument for BERT: deeply bidirectional, not two one-way models side by
# side. The price is that such an encoder cannot be trained to predict the next word, because it
# would see it; part 2 shows what it is trained on instead.
#
# A sentence vector from a causal model is then a question of *where you read*. **Before you run
# the next cell:** we read MiniLM under a causal mask at the first token, as the mean, and at the
# last token. What is the cosine of two unrelated sentences if you read [CLS]?

# %% tags=["S-causal"]
from helpers.models import cls_pool, last_pool, mean_pool

causal_texts = ["a cat sleeps on the sofa", "the court fined the bank"]
encodings = attn_tokenizer.encode_batch(causal_texts)
longest = max(map(len, encodings))
padded = torch.tensor([e.ids + [0] * (longest - len(e)) for e in encodings])
is_token = torch.tensor([[1] * len(e) + [0] * (longest - len(e)) for e in encodings])
with torch.inference_mode():
    causal_states = attn_bert(padded, is_token[:, None, :] * both[:longest, :longest].tril()).last_hidden_state

# %% tags=["S-causal"]
readings = {}
for name, pool in (("first token", cls_pool), ("mean", mean_pool), ("last token", last_pool)):
    x, y = torch.nn.functional.normalize(pool(causal_states, is_token), dim=1).numpy()
    readings[name] = float(x @ y)
print({name: round(cosine, 3) for name, cosine in readings.items()}, "  tokens:", is_token.sum(1).tolist())
assert readings["first token"] > 0.9999 and readings["last token"] < 0.6 and readings["mean"] < 0.6

# %% [markdown]
# The cosine is 1, for *all* pairs of texts: under a causal mask the first token sees only itself,
# so [CLS] holds no information at all. The mean mixes states that have read one word with states
# that have read everything. Only the last token has read it all, which is why many GPT- and
# LLaMA-style embedders pool there; others take a mean in which later tokens weigh more (SGPT;
# Muennighoff 2022). The cosines .12 and .35 do not say which is better: MiniLM was never trained
# under this mask. “Last” means the last *token*, not the last place: the shorter text ends in
# padding here, and `last_pool` finds its end by the mask.

# %% [markdown]
# ### Back to the interviewer
#
# Compare with what you wrote. *What does it compute?* For each token a weighted mean of values,
# with weights from a softmax over query-key scores; several heads do it side by side, at no extra
# cost in parameters, but each with $L^2$ scores (part 6 counts them). *Why* $\sqrt d$? Scores of
# random vectors have standard deviation $\sqrt d$, and a softmax of scores that large saturates,
# so that no gradient comes through at the start. *Why positions?* Attention is permutation
# equivariant; without positions the whole model is a bag of words. They can be added (sinusoids,
# learned) or turn queries and keys (RoPE). *What does a causal mask change?* No state knows what
# follows it: the first token knows nothing of the text and only the last has read all of it, so
# read late, at the last token or in a mean that weighs later tokens more. And an unasked fifth: a
# bright cell in a heat map is a weight, not an explanation.
