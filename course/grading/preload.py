"""Imported once by the server from which grading's processes are forked."""

import nbconvert.exporters  # noqa: F401
import nbgrader.api
import nbgrader.converters  # noqa: F401
import nbgrader.preprocessors  # noqa: F401
import numpy  # noqa: F401
from sqlalchemy.orm import configure_mappers

import course.cli  # noqa: F401  What the console script imports again in every process.
import course.grading.task  # noqa: F401

# Otherwise each process would work out for itself how the gradebook's tables hang together.
assert nbgrader.api.Gradebook
configure_mappers()
