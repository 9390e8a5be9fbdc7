"""Apps that operators declare in forms: declaration, checks, and the ordinary `App` made of it. Pure."""

from apps.catalog.custom.app import build
from apps.catalog.custom.checks import InvalidDeclarationError, Problem, checked, parse, problems_of
from apps.catalog.custom.declaration import Declaration

__all__ = ["Declaration", "InvalidDeclarationError", "Problem", "build", "checked", "parse", "problems_of"]
