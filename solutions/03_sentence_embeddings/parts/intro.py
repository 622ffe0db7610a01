# %% [markdown]
# # Lesson 03: Sentence embeddings
#
# Lessons 01 and 02 gave each word one vector, whatever stands around it. In this lesson a word's
# vector depends on its sentence, and a whole sentence becomes one vector that can be searched
# for. You open a real transformer encoder and rebuild its parts, train small ones of your own,
# put keyword search, vector search and rerankers to the test on the same questions, and end with
# a plan for a hundred million documents whose numbers you can defend.
#
# Each part starts with its own question, so you may stop anywhere. Reckon with eight to ten hours
# of your own time, a part an evening.
#
# | part | question | exercises |
# |---|---|---|
# | 1. Attention, positions, input | how does a token learn what stands around it? | X-attn |
# | 2. Masked language models and words in context | what is such an encoder trained on, and what does a word gain? | X-mask, Q22 |
# | 3. From tokens to a sentence | why is the mean of an untuned BERT a poor sentence vector? | X-meanpool, Q08 |
# | 4. Training for similarity | how do pairs of sentences teach an encoder what “similar” means? | X-mnrl |
# | 5. Search | when do vectors find what keywords miss, and the other way round? | X-rrf, Q23 |
# | 6. Rerank: late interaction, cross-encoders, cascades | what does a second, slower look buy, and what does it cost? | X-maxsim, Q10 |
# | 7. A hundred million documents | which sizes, how much memory, how many milliseconds? | Q09 |

# %% [markdown]
# ## How to work through it
#
# As in lessons 01 and 02: before a measurement you are asked to predict, so write your guess
# down. Statements marked **as it is usually told** come from common notes and may be wrong; the
# cell that follows decides. The code after an exercise never uses your function, so you can skip
# one and return to it. In an answer use only NumPy, `math` and functions of your own.
#
# You should know lesson 01: word vectors, dot products and cosines, the softmax and negative
# sampling. PyTorch appears as a library that multiplies matrices and takes derivatives; you only
# need to read it. Letters: $L$ tokens of a text, $d$ the width of a vector, $h$ heads, $n$ texts,
# $B$ batch, $\tau$ temperature, $k$ cutoff of a ranking. Where a formula needs a letter for
# something else (attention's matrices $Q$, $K$, $V$), the text says so. The first run fetches the
# models (about 220 MB) into a cache; later runs need no network.

# %% tags=["setup"]
import math

import numpy as np

from helpers import data, plots
from helpers.checks import check
