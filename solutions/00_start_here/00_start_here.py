# %% [markdown]
# # Start here
#
# Welcome. In eight notebooks you will build the embeddings that search engines, recommenders and
# language models run on, measure what is said about them, and answer the questions that
# interviewers ask. This page takes five minutes: it shows how a lesson works, with a first
# exercise to try it out.

# %% [markdown]
# ## How a lesson works
#
# Every topic goes through the same steps.
#
# 1. **Ask**: a question, put as an interviewer would put it.
# 2. **Predict**: say what you expect before you look. A wrong guess teaches more than no guess.
# 3. **Theory**: one screenful, every symbol named.
# 4. **Measure**: a short cell on real data, and a figure.
# 5. **Build**: an exercise. You write a function or find a number.
# 6. **Check**: an answer at once, in words.
# 7. **Conclude**: which statements follow from what you saw?
#
# Run a cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Start with this one, which imports what the
# exercises need.

# %% tags=["setup"]
import numpy as np

from helpers.checks import check

# %% [markdown]
# ## Ask and predict
#
# *"You store a vector for every word. How do you tell whether two words are similar?"*
#
# Here are three words as made-up vectors with two numbers each: how much the word has to do with
# pets, and how much with money. `shouted_cat` points the way `cat` does but is ten times as long.
# Before you run the cell: which dot product will be the largest?

# %% tags=["W-measure"]
cat = np.array([0.9, 0.1])
dog = np.array([0.8, 0.3])
bank = np.array([0.1, 0.9])
shouted_cat = 10 * cat

for name, vector in {"dog": dog, "bank": bank, "shouted_cat": shouted_cat}.items():
    print(f"cat · {name:11s} = {cat @ vector:5.2f}")

# %% [markdown]
# ## Theory
#
# The dot product $u \cdot v = \sum_i u_i v_i$ grows with the lengths of the vectors. Dividing by
# both lengths leaves the angle $\theta$ between them:
#
# $$\cos\theta = \frac{u \cdot v}{\lVert u \rVert \, \lVert v \rVert},
# \qquad \lVert u \rVert = \sqrt{\textstyle\sum_i u_i^2}.$$
#
# It is 1 for the same direction, 0 for a right angle and −1 for opposite directions.

# %% [markdown] exercise="W-cosine"
# ### Your first exercise: the cosine of two vectors
#
# Replace the line that raises `NotImplementedError`, run the cell, then run the check below it.
# You can try as often as you like: a wrong answer costs nothing.

# %% solution="W-cosine"
def cosine(u, v):
    """Cosine of the angle between u and v, two arrays of shape (d,); returns a float."""
    ### BEGIN SOLUTION
    return float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))
    ### END SOLUTION

# %% check="W-cosine"
check("W-cosine", cosine)
### BEGIN HIDDEN TESTS
check("W-cosine", cosine, seed=4211, hard=True)
### END HIDDEN TESTS

# %% [markdown]
# A check says what is wrong, shows the smallest input where it goes wrong, what came back, and
# what was expected. Many wrong answers have a name; then you read the sentence that helps.
# "Not attempted yet" only means that the exercise is still as it came. Try it: leave out one of
# the norms and run the check again.
#
# Hints come in steps. Open only as many as you need.
#
# <details><summary>Hint 1: which functions?</summary>
#
# `u @ v` is the dot product of two arrays; `np.linalg.norm` is the length of one.
#
# </details>
#
# <details><summary>Hint 2: nearly the answer</summary>
#
# Compute the dot product, then both lengths, and divide the first by the product of the others.
# Mind the brackets: `a / b * c` is not `a / (b * c)`.
#
# </details>
#
# <details><summary>Help: my check says "not a function any more"</summary>
#
# The name `cosine` has been given to something else, for instance with `cosine = …`. Run the cell
# with `def cosine` again, then the check.
#
# </details>

# %% [markdown]
# ## Conclude
#
# The next cell looks at what length does. It has its own cosine, so it works whether or not
# yours does.

# %% tags=["W-lengths"]
from sklearn.metrics.pairwise import cosine_similarity

for name, vector in {"dog": dog, "10 * dog": 10 * dog, "-1 * dog": -dog}.items():
    angle = cosine_similarity([cat], [vector])[0, 0]
    print(f"cat and {name:8s}: dot product {cat @ vector:6.2f}, cosine {angle:6.3f}")

# %% [markdown] exercise="W-conclusions"
# ### Which statements follow?
#
# - **A** Multiplying a vector by a positive number does not change its cosine to other vectors.
# - **B** A larger dot product always means a smaller angle.
# - **C** For vectors of length 1, dot product and cosine are the same.
# - **D** A cosine of 0 means opposite directions.
#
# Put the letters into a set, such as `{"B", "D"}`.

# %% solution="W-conclusions"
chosen_w = ...
### BEGIN SOLUTION
chosen_w = {"A", "C"}
### END SOLUTION

# %% check="W-conclusions"
check("W-conclusions", chosen_w)

# %% [markdown]
# ## Your score
#
# Save the notebook, open a terminal (*File → New → Terminal*) and type
#
# ```
# course check
# ```
#
# It runs your exercises again, with other inputs as well, and shows a table: what is right, what is
# not right yet, and what to do next. Written answers are for you to compare with model answers:
# when yours is written and saved, `course answer Q01-written` shows what earns points, and
# `course answer Q01-written 2` goes on, a part at a time. It knows every exercise: for one with code
# it first gives the hints. Sliders and menus of figures can be moved by keyboard, too: open *This
# figure in words* below the figure with <kbd>Tab</kbd> and <kbd>Enter</kbd>.
#
# Your notebooks are in `work/` and belong to you. After a `git pull`, `course update` puts the new
# text around what you have written.
#
# The checks keep count as you go, in `work/progress.json` and nowhere else. Run the next cell
# whenever you come back.

# %% tags=["progress"]
from helpers.my_progress import show_progress

show_progress()

# %% [markdown]
# ## The map
#
# | No. | Lesson | After it you can |
# |---|---|---|
# | 01 | Word2Vec | train word vectors and say what negative sampling really computes |
# | 02 | GloVe | factorise co-occurrence counts and compare with word2vec fairly |
# | 03 | Sentence embeddings | turn a transformer into a search engine |
# | 04 | Contrastive learning | train an encoder without labels |
# | 05 | Geometry | see and repair a space whose vectors all point one way |
# | 06 | Similarity and search | choose a metric, and search fast |
# | 07 | PCA | compress, whiten, and know what the components mean |
# | 08 | UMAP and friends | draw a map, and know what not to read from it |
#
# They build on each other, but each one runs alone, on its own data. Go on with **01 Word2Vec**.

# %% [markdown]
# ## Quick reference
#
# To come back to. Every weakness leads to the place that measures it.
#
# | method or score | mechanism | weakness | when to use |
# |---|---|---|---|
# | Word2Vec | tells word pairs of the text from drawn ones; close to a factorisation of shifted PMI | [rare words](../01_word2vec/01_word2vec.ipynb#Rare-twins) learn little; [two senses](../01_word2vec/01_word2vec.ipynb#One-vector,-two-senses) share one vector; [analogies](../01_word2vec/01_word2vec.ipynb#What-carries-an-analogy) rest on leaving words out | words of your own domain, a small machine, a text that grows |
# | fastText | Word2Vec with a vector for each n-gram of a word | [nonsense](../01_word2vec/01_word2vec.ipynb#A-trap:-a-vector-always-comes-back) gets a vector too | rich word formation, unseen words |
# | GloVe | weighted least squares on log co-occurrence counts | [who never meets](../02_glove/02_glove.ipynb#What-about-the-zeros?) is not told; [rare words](../02_glove/02_glove.ipynb#So-is-GloVe-weaker-on-rare-words?) are placed badly; [the cap](../02_glove/02_glove.ipynb#Where-should-the-cap-be?) belongs to a corpus size | published vectors; counts that you have anyway |
# | PMI and SVD | counts, compared with chance, then compressed | [the table](../02_glove/02_glove.ipynb#A-trap:-how-large-is-it?) must be kept | a first answer in seconds |
# | BERT and its kin | attention mixes each token's vector with its context; trained by filling gaps | the [mean of an untuned one](../03_sentence_embeddings/03_sentence_embeddings.ipynb#Everything-is-similar-to-everything) makes every sentence similar; [padding](../03_sentence_embeddings/03_sentence_embeddings.ipynb#The-padding-trap) creeps into careless means | token labels; a start for tuning |
# | sentence transformer (bi-encoder) | an encoder tuned on pairs: one vector a text, made ahead | [negation and part numbers](../03_sentence_embeddings/03_sentence_embeddings.ipynb#Negation:-the-measure-can-flatter) are lost on it; [cut vectors](../03_sentence_embeddings/03_sentence_embeddings.ipynb#Cut,-then-renormalise) need trained sizes | semantic search, clustering, first stage |
# | BM25 | rare shared words count most | [paraphrases](../03_sentence_embeddings/03_sentence_embeddings.ipynb#As-it-is-usually-told:-hybrid-beats-both) share no word | names, numbers, codes; beside vectors |
# | late interaction (ColBERT) | a vector a token, MaxSim at query time | [storage](../03_sentence_embeddings/03_sentence_embeddings.ipynb#What-late-interaction-costs) grows with the tokens | second stage, or first where memory is cheap |
# | cross-encoder | reads query and text together | [nothing can be prepared](../03_sentence_embeddings/03_sentence_embeddings.ipynb#What-a-cross-encoder-costs), and its scores are [no probabilities](../03_sentence_embeddings/03_sentence_embeddings.ipynb#Reading-both-together) | the last few candidates |
# | contrastive learning (SimCLR, MoCo) | two views of one thing close together, other things apart | the views decide [what is kept](../04_contrastive_learning/04_contrastive_learning.ipynb#Which-views-teach-what?); some [negatives are false](../04_contrastive_learning/04_contrastive_learning.ipynb#Whose-negatives?-The-false-ones) | no labels, but known invariances |
# | without negatives (BYOL, Barlow Twins) | a predictor with a stopped gradient, or decorrelated coordinates | [collapse](../04_contrastive_learning/04_contrastive_learning.ipynb#BYOL:-predict-the-other-view) when a part is missing | small batches |
# | CLIP | pictures and texts in one space, matched within the batch | a [gap](../04_contrastive_learning/04_contrastive_learning.ipynb#The-modality-gap) between the two kinds; zero-shot hangs on the prompt | search and labels by text |
# | two towers | users and items apart, joined by a dot product | in-batch negatives [punish what is popular](../04_contrastive_learning/04_contrastive_learning.ipynb#Users-and-items); [where it fails](../04_contrastive_learning/04_contrastive_learning.ipynb#Where-it-fails) | the first stage of a recommender |
# | cosine | the angle of two vectors | [frequency](../01_word2vec/01_word2vec.ipynb#Cosine-and-frequency) stays in the direction; [hubs](../05_geometry/05_geometry.ipynb#The-law-that-is-no-law) stand in many lists | the default for words |
# | dot product | angle and both lengths | [length](../01_word2vec/01_word2vec.ipynb#Length-and-frequency) follows frequency and training, and [rankings](../05_geometry/05_geometry.ipynb#What-breaks:-rankings-by-dot-product) follow length | when length was trained to mean something: [choose the exponent](../06_similarity_and_search/06_similarity_and_search.ipynb#Choose-the-exponent) |
# | whitening | the covariance becomes the identity, or halfway to it | it may [raise](../05_geometry/05_geometry.ipynb#Why-can-it-rise?-Switch-it) what it is to cure; [fully white](../05_geometry/05_geometry.ipynb#How-white-should-sentences-be?) is often too white | an untuned space, with a test on the task |
# | CSLS | a cosine less the mean similarity to both neighbourhoods | it [needs other queries](../05_geometry/05_geometry.ipynb#Which-of-the-two-r-does-the-work?), and [hurts](../05_geometry/05_geometry.ipynb#When-CSLS-hurts) where some targets deserve many lists | translation, matching two sets |
# | exact search | every stored vector is compared, block by block | [work](../06_similarity_and_search/06_similarity_and_search.ipynb#All-scores,-but-never-all-at-once) grows with the collection | the measure of all others; up to some hundred thousand vectors |
# | HNSW | a walk over links between near vectors | [questions from elsewhere](../06_similarity_and_search/06_similarity_and_search.ipynb#Whom-do-you-ask?) and [lonely rows](../06_similarity_and_search/06_similarity_and_search.ipynb#Rows-that-nobody-finds) lose recall; filters after the search leave gaps | high recall in little time, memory permitting |
# | IVF and PQ | cells by k-means, codes by subspace | coarse codes need [a second look](../06_similarity_and_search/06_similarity_and_search.ipynb#The-second-look) | many vectors in little memory |
# | PCA | a rotation about the mean, then a cut: the axes of largest variance | variance is [not meaning](../07_pca/07_pca.ipynb#A-label-in-the-small-axes); a cut [brings strangers together](../07_pca/07_pca.ipynb#What-is-promised), and [recall](../07_pca/07_pca.ipynb#Recall-against-k,-and-a-second-look) pays; [whitening first](../07_pca/07_pca.ipynb#A-trap:-whiten-first) leaves no order of axes | fewer numbers before an index, with rescoring; stable axes for monitoring |
# | LSA | the singular vectors of a term-document matrix | new words and groups have [no axis](../07_pca/07_pca.ipynb#Can-LSA-be-updated?) until it is updated | topics of a fixed collection, without a network |
# | UMAP and t-SNE | a neighbour graph, laid out by pulls and pushes | [noise](../08_umap/08_umap.ipynb#Islands-in-noise) has islands too; [distances and density](../08_umap/08_umap.ipynb#What-a-distance-in-the-picture-means) are not kept; it is [no retrieval space](../08_umap/08_umap.ipynb#Is-a-map-a-retrieval-space?), and [versions](../08_umap/08_umap.ipynb#The-same-picture-tomorrow?) do not mix | pictures for people, beside a null model |
# | parametric UMAP | a network that draws the map | [strangers](../08_umap/08_umap.ipynb#Strangers) land on old ground | many new points on a frozen map, with an alarm in the full space |
