"""Words with an opposite and a word of similar meaning, to see where embeddings put each.

The list is the course's own (CC0), written down before any cosine was measured.
"""

import numpy as np

__all__ = ["TRIPLES", "random_partners"]

_LINES = """
hot cold warm|big small large|fast slow quick|rich poor wealthy|happy sad glad
strong weak powerful|young old youthful|dark light dim|hard soft tough|high low tall
early late premature|long short lengthy|easy difficult simple|cheap expensive inexpensive
clean dirty pure|safe dangerous secure|dry wet arid|empty full vacant|thick thin dense
wide narrow broad|loud quiet noisy|brave cowardly courageous|clever stupid smart
beautiful ugly pretty|good bad fine|right wrong correct|true false genuine
new ancient modern|sharp blunt keen|deep shallow profound|sweet bitter sugary
kind cruel gentle|polite rude courteous|guilty innocent culpable|public private common
love hate adore|win lose triumph|buy sell purchase|start stop begin|open close unlock
rise fall climb|increase decrease grow|accept reject receive|arrive depart come
build destroy construct|remember forget recall|succeed fail prosper|laugh cry giggle
attack defend assault|borrow lend rent|push pull shove|create demolish make
allow forbid permit|praise blame commend|include exclude contain|victory defeat conquest
war peace battle|friend enemy companion|day night daytime|life death existence
success failure achievement|hope despair optimism|wealth poverty riches|truth lie reality
entrance exit doorway|profit loss gain|virtue vice goodness|always never forever
before after prior|above below over|inside outside within|more less extra
everything nothing all
"""

#: Of (word, its opposite, a word of similar meaning): tuple of 3-tuples of str.
TRIPLES = tuple(
    tuple(entry.split()) for line in _LINES.strip().splitlines() for entry in line.split("|")
)


def random_partners(rows, n: int, seed: int = 0, within: float = 0.2) -> np.ndarray:
    """Draw for each row of a vocabulary another one of about the same frequency.

    Parameters
    ----------
    rows : array_like of int (m,)
        Ranks by falling frequency, from 0.
    n : int
        Size of the vocabulary, at least 2.
    seed : int
        Of the draw.
    within : float
        Ranks may differ by this share of the rank, and by at least 20 rows.

    Returns
    -------
    ndarray of int (m,)
        Never the row itself.

    Raises
    ------
    ValueError
        If a row is not in the vocabulary.
    """
    rows = np.asarray(rows)
    if n < 2 or rows.size and not (0 <= rows.min() and rows.max() < n):
        raise ValueError(f"rows must be 0 to {n - 1}, and n at least 2.")
    rng = np.random.default_rng(seed)
    partners = []
    for row in rows:
        reach = max(20, int(within * row))
        low, high = max(0, row - reach), min(n, row + reach + 1)
        drawn = rng.integers(low, high - 1)
        partners.append(drawn + (drawn >= row))
    return np.array(partners, dtype=np.int64)
