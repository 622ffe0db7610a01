"""Imported once by the server from which grading's processes are forked."""

import nbconvert.exporters  # noqa: F401
import nbgrader.api  # noqa: F401
import nbgrader.converters  # noqa: F401
import nbgrader.preprocessors  # noqa: F401
import numpy  # noqa: F401

import course.grading.task  # noqa: F401
