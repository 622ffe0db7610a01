"""Figures of the course: one style, colour-blind-safe colours, alt text on every picture."""

from helpers.plots.show import show, show_interactive
from helpers.plots.style import COLOURS, DIVERGING, SEQUENTIAL, figure

__all__ = ["COLOURS", "DIVERGING", "SEQUENTIAL", "figure", "show", "show_interactive"]
