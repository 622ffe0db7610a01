"""How many numbers a model holds, and how many of them are its table of embeddings.

Counted from the sizes in the papers: Devlin et al. (2019) for BERT, Brown et al. (2020), table 2.1,
for GPT-3, Peters et al. (2018) for ELMo.
"""

__all__ = ["elmo_parameters", "transformer_parameters"]


def transformer_parameters(
    vocabulary: int, d: int, layers: int, positions: int, *, segments: int = 0, pooler: bool = False
) -> tuple[int, int]:
    """Count the numbers in a transformer whose inner layers are four times as wide.

    Parameters
    ----------
    vocabulary, d, layers, positions : int
        Rows of the token table, width, layers, rows of the position table.
    segments : int
        Rows of a segment table: 2 for BERT, which also normalises the sum of the three tables,
        where GPT (0) normalises after its last layer.
    pooler : bool
        Whether a dense layer for the first token follows, as in BERT.

    Returns
    -------
    table, total : int
        Numbers in the token table, and in the whole model with biases.
    """
    norm = 2 * d
    layer = 4 * (d * d + d) + (4 * d * d + 4 * d) + (4 * d * d + d) + 2 * norm
    tables = (vocabulary + positions + segments) * d + norm
    return vocabulary * d, tables + layers * layer + pooler * (d * d + d)


def elmo_parameters() -> tuple[int, int]:
    """Count the numbers in ELMo's table of characters and in its whole encoder.

    Characters of width 16 go through 2,048 filters of widths 1 to 7, two highway layers and a
    projection to 512; then come two LSTM layers of 4,096 cells, projected to 512, in each of two
    directions (Peters et al. 2018, section 3, and the published configuration).

    Returns
    -------
    table, total : int
    """
    characters, width, out, cells = 262, 16, 512, 4096
    filters = {1: 32, 2: 32, 3: 64, 4: 128, 5: 256, 6: 512, 7: 1024}
    n_filters = sum(filters.values())
    convolution = sum(length * width * n + n for length, n in filters.items())
    highway = 2 * (n_filters * 2 * n_filters + 2 * n_filters)
    projection = n_filters * out + out
    lstm = 4 * cells * (out + out) + 4 * cells + cells * out
    table = characters * width
    return table, table + convolution + highway + projection + 2 * 2 * lstm
