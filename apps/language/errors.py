"""What can go wrong in the language, told for the person who wrote the template or condition.

Every error carries a stable `code` for programs, a `message` that says what
failed and what to do next, and a `path` that says where, in the words of
whoever raised it. Messages name types and names, never the values of an
event, so that they may be logged.
"""


class LanguageError(Exception):
    """Base of all errors of this package. Raised itself with code `bad_path` for text that is no path."""

    def __init__(self, message: str, *, code: str, path: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.path = path


class TemplateError(LanguageError):
    """A template that can't be read or rendered.

    Codes: `syntax`, `unknown_filter`, `unknown_tag`, `filter_arguments`,
    `reserved_name`, `too_long`, `limit`, `wrong_type`, `required`, `untagged`,
    and those of `UnsafeJSONError`, `MoneyError` and `TimeError`. `line` and `column` count
    from 1 and are None where they are not known.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, code=code, path=path)
        self.line = line
        self.column = column


class ConditionError(LanguageError):
    """A condition that can't be decided. Codes: `incomparable`, `malformed`."""


class UnsafeJSONError(LanguageError):
    """JSON that must not be parsed, stored or sent.

    Codes: `not_utf8`, `not_json`, `too_long`, `too_deep`, `nul`,
    `lone_surrogate`, `not_a_number`, `number_too_long`, `unknown_type`.
    """


class MoneyError(LanguageError):
    """An amount or currency that can't be converted.

    Codes: `unknown_currency`, `not_an_amount`, `too_precise`, `unknown_style`.
    """


class TimeError(LanguageError):
    """A value that is no point in time.

    Codes: `not_a_time`, `milliseconds`, `no_zone`, `unknown_zone`, `bad_format`,
    `bad_cron`, `never_comes`.
    """
