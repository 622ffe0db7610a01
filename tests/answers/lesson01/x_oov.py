"""Right and wrong answers to X-oov."""

import numpy as np

from helpers.fasttext import fnv1a, ngram_buckets, ngrams

CHECK = "X-oov"


def with_gensim(word, bucket_vectors, min_n=3, max_n=6):
    """Let the library cut and hash."""
    from gensim.models.fasttext_inner import compute_ngrams_bytes, ft_hash_bytes

    grams = compute_ngrams_bytes(word, min_n, max_n)
    rows = [ft_hash_bytes(gram) % len(bucket_vectors) for gram in grams]
    if not rows:
        return np.zeros(len(bucket_vectors[0]))
    return np.take(bucket_vectors, rows, axis=0).mean(axis=0)


def with_counts(word, bucket_vectors, min_n=3, max_n=6):
    """Count how often each bucket is hit; the vector is a product."""
    hits = np.bincount(
        ngram_buckets(word, min_n, max_n, len(bucket_vectors)), minlength=len(bucket_vectors)
    )
    return hits @ np.asarray(bucket_vectors) / max(hits.sum(), 1)


def with_loops(word, bucket_vectors, min_n=3, max_n=6):
    """Slide over the word, one start after another, in plain Python."""
    marked = "<" + word + ">"
    total, number = [0.0] * len(bucket_vectors[0]), 0
    for start in range(len(marked)):
        for n in range(min_n, max_n + 1):
            if start + n <= len(marked):
                row = bucket_vectors[fnv1a(marked[start : start + n]) % len(bucket_vectors)]
                total = [t + x for t, x in zip(total, row, strict=True)]
                number += 1
    return [t / max(number, 1) for t in total]


def with_word_row(word, bucket_vectors, min_n=3, max_n=6):
    """Divide as if the word had a row of its own."""
    rows = ngram_buckets(word, min_n, max_n, len(bucket_vectors))
    return np.asarray(bucket_vectors)[rows].sum(axis=0) / (len(rows) + 1)


def arrays_taken_for_granted(word, bucket_vectors, min_n=3, max_n=6):
    """Use methods of the array, as the stub's type allows."""
    rows = ngram_buckets(word, min_n, max_n, bucket_vectors.shape[0])
    return bucket_vectors[rows].sum(axis=0) / max(1, len(rows))


def angle_brackets(word, bucket_vectors, min_n=3, max_n=6):
    """Mark the word with brackets copied from a printed page."""
    marked, length = f"⟨{word}⟩", len(word) + 2
    rows = [
        fnv1a(marked[i : i + n]) % len(bucket_vectors)
        for n in range(min_n, max_n + 1)
        for i in range(length - n + 1)
    ]
    return bucket_vectors[rows].mean(axis=0) if rows else np.zeros(len(bucket_vectors[0]))


def unit_length(word, bucket_vectors, min_n=3, max_n=6):
    """Scale the result to length 1."""
    vector = with_counts(word, bucket_vectors, min_n, max_n)
    return vector / max(np.linalg.norm(vector), 1e-12)


def by_position(word, bucket_vectors, min_n=3, max_n=6):
    """Take the first rows instead of the hashed ones."""
    number = len(ngrams(word, min_n, max_n))
    if number == 0:
        return np.zeros(len(bucket_vectors[0]))
    return np.asarray(bucket_vectors)[np.arange(number) % len(bucket_vectors)].mean(axis=0)


def sum_of_letters(word, bucket_vectors, min_n=3, max_n=6):
    """Hash single letters."""
    rows = [fnv1a(letter) % len(bucket_vectors) for letter in f"<{word}>"]
    return np.asarray(bucket_vectors)[rows].mean(axis=0)


def all_rows(word, bucket_vectors, min_n=3, max_n=6):
    """Return the rows without their mean."""
    rows = ngram_buckets(word, min_n, max_n, len(bucket_vectors))
    return np.asarray(bucket_vectors)[rows]


def lower_modulo(word, bucket_vectors, min_n=3, max_n=6):
    """Take the hash modulo one bucket too few."""
    rows = ngram_buckets(word, min_n, max_n, max(len(bucket_vectors) - 1, 1))
    return np.asarray(bucket_vectors)[rows].mean(axis=0) if len(rows) else np.zeros(3)


RIGHT = [with_gensim, with_counts, with_loops, arrays_taken_for_granted]
WRONG = [
    (angle_brackets, "from the keyboard"),
    (with_word_row, "the number of n-grams plus 1"),
    (unit_length, "values are not right"),
    (by_position, "values are not right"),
    (sum_of_letters, "values are not right"),
    (all_rows, "the shape"),
    (lower_modulo, "values are not right"),
]
SURVIVORS = {
    "vectors = np.asarray(bucket_vectors): np.asarray(bucket_vectors) -> bucket_vectors": (
        "the table is an array already, as the stub says"
    ),
}
