"""Failure: the exception that ends a command with one sentence for a person and an exit code."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from postprocess.extract import Rules

USAGE = 2


class Failure(Exception):
    """What went wrong and what to do, for the terminal; exit_code for scripts."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def settings_or_failure(rules: str | None = None) -> "Settings":
    """The settings, with the rule set named on the command line where one is.

    Failure (exit 2) with one line for each that is wrong.
    """
    from pipeline.settings import SettingsError, load_settings
    from postprocess.extract import RULES

    if rules is not None and rules not in RULES:
        raise Failure(f"There are no rules named {rules!r}; there are: {', '.join(RULES)}.", USAGE)
    try:
        settings = load_settings(strict=True)
    except SettingsError as error:
        raise Failure(str(error), USAGE) from None
    return settings if rules is None else settings.model_copy(update={"rules": rules})


def require_engine(settings: "Settings") -> None:
    """Failure when the packages of the engine that the settings choose are not installed."""
    from ocr.engines import require_packages
    from ocr.errors import EngineMissing

    try:
        require_packages(settings.engine)
    except EngineMissing as error:
        raise Failure(f"FUNDOCR_ENGINE: {error}") from None


def rules_or_failure(settings: "Settings") -> "Rules":
    """The rule set that the settings choose, with its fund list; Failure where that is wrong."""
    from pipeline.rules import open_rules
    from pipeline.settings import SettingsError

    try:
        return open_rules(settings)
    except SettingsError as error:
        raise Failure(str(error), USAGE) from None
