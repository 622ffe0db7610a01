"""Lets ``python -m course.doctor`` and ``python course/doctor`` do what `course doctor` does."""

import sys
from pathlib import Path

if not __package__:
    # Started as a folder: modules beside this one must not hide Python's own.
    sys.path[0] = str(Path(__file__).resolve().parent.parent.parent)

from course.doctor.report import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
