"""Settings for teachers who run nbgrader or Formgrader in this folder."""

from course.settings import configure

configure(get_config())  # noqa: F821  nbgrader defines it while it reads this file
