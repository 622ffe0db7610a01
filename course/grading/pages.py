"""The HTML pages of grading: templates beside this module, in which every value is escaped."""

from pathlib import Path

from jinja2 import Environment, Template, select_autoescape

__all__ = ["template"]

_ENVIRONMENT = Environment(autoescape=select_autoescape(default_for_string=True))


def template(name: str) -> Template:
    """Read a template of this folder, such as ``"feedback.html"``."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return _ENVIRONMENT.from_string(text)
