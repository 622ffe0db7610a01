"""The checks of the start page."""

CHECKS = ()
