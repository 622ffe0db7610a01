"""The README shows a figure that the lesson really makes, and stays short."""

import base64
import json

from tests.support.solutions import ROOT, SOLUTIONS


def test_the_picture_is_the_lessons():
    lesson = SOLUTIONS / "01_word2vec"
    cells = json.loads((lesson / "01_word2vec.ipynb").read_text(encoding="utf-8"))["cells"]
    pictures = [
        base64.b64decode(output["data"]["image/png"])
        for cell in cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert (lesson / "word_map.png").read_bytes() in pictures, (
        "solutions/01_word2vec/word_map.png is not a figure of the executed lesson any more: "
        "save the word map's new picture there"
    )


def test_it_fits_on_two_screens():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 100
