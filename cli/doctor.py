"""`fundocr doctor`: one line for each thing the service needs, and how to mend what is wrong."""

from collections.abc import Callable
from functools import partial

from cli import checks, rights
from serving import installation, unheeded
from serving.failure import Failure, settings_or_failure
from serving.say import say

Check = Callable[[], str]


def doctor() -> int:
    """Print `ok` or `wrong` for each check; 1 when anything is wrong."""
    sound = [
        _try("packages", installation.packages),
        _try("java", installation.java),
        _try("libraries", installation.libraries),
        _try("settings", lambda: f"FUNDOCR_HOME is {settings_or_failure().home}"),
    ]
    if sound[-1]:
        sound += _service_checks()
    if all(sound):
        return 0
    print(f"{sound.count(False)} of {len(sound)} checks found something wrong.")
    return 1


def _service_checks() -> list[bool]:
    """The checks that need sound settings; the last of them need sound archives, too."""
    from cli import differences
    from serving.torchserve_process import TorchServe

    settings = settings_or_failure()
    sound = [_try("database", partial(checks.database, settings))]
    try:
        torchserve = TorchServe(settings.home)
    except Failure as failure:
        _say("wrong", "config", failure)
        return [*sound, False]
    sound += [
        _try("rights", partial(rights.private, settings)),
        _try("front door", partial(checks.front_door, settings)),
        _try("torchserve", partial(checks.torchserve, torchserve)),
        _try("limits", partial(checks.limits, settings, torchserve)),
        _try("archives", partial(checks.archives, torchserve)),
    ]
    if sound[-1]:
        sound += [
            _try("code", partial(checks.code, torchserve)),
            _try("models", partial(unheeded.heeded, torchserve)),
            _try("threads", partial(checks.threads, settings, torchserve)),
            _try("sizing", partial(checks.compared, settings, torchserve)),
            _try("versions", partial(differences.versions, torchserve)),
            _try("recognition", partial(checks.recognition, settings, torchserve)),
        ]
    return sound


def _try(name: str, check: Check) -> bool:
    try:
        _say("ok", name, check())
    except Failure as failure:
        _say("wrong", name, failure)
    except Exception as error:  # a broken installation fails in ways nobody foresees
        _say("wrong", name, f"{type(error).__name__}: {error}; {installation.SET_UP_AGAIN}.")
    else:
        return True
    return False


def _say(verdict: str, name: str, text: object) -> None:
    for line in str(text).splitlines():
        say(f"{verdict:6} {name:12} {line}")
