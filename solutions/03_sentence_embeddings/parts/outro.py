# %% [markdown]
# ## What to take with you
#
# - A token's vector is a mixture of what stands around it. Attention mixes, positions tell it the
#   order, the mask decides who may look at whom.
# - An encoder learns language by filling gaps, and that alone makes no sentence vector. The mean
#   of an untuned one shares a large common part with every other (one dimension in some layers, a
#   direction in the last), and taking that out does not repair it; tuning on pairs is what makes
#   cosines mean something.
# - The pairs decide what “similar” means. In-batch negatives give most of the gain, hard
#   negatives need a guard, sizes are promised only if they were trained.
# - Keywords find names and numbers, vectors find paraphrases; neither reads “without”, a
#   cross-encoder does, and late interaction nearly as well. Fuse, filter *inside* the search, and
#   measure by kind of query: a mean over kinds hides who was harmed.
# - A reranker can only order what the first stage found, and its scores are no probabilities.
#   Know the ceiling, set a floor, then choose K.
# - A plan is a chain of derived numbers: bytes a document, shards, the tail of the slowest shard,
#   pairs that fit. What is assumed is said to be assumed.
#
# Save the notebook and type `course check` in a terminal: it shows your points by exercise and
# what to do next. Model answers to the written questions are in the solution notebook, in
# `solutions/03_sentence_embeddings/`.
