"""Python of code steps, in a sandbox without files, network, environment, clock or chance."""

from apps.language.code.errors import CodeError
from apps.language.code.linting import Problem, check
from apps.language.code.running import Ran, run

__all__ = ["CodeError", "Problem", "Ran", "check", "run"]
