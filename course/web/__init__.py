"""The course as a static web site, from the executed solution notebooks; nothing is executed."""

from course.web.site import build_site

__all__ = ["build_site"]
