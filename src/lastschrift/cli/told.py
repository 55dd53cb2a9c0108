"""Facts that end a command, each in one line that says what to do about it."""

from lastschrift.admin.lock import DirectoryInUse
from lastschrift.admin.socket import UNEXPECTED, HolderWentAway
from lastschrift.admin.verbs import NOT_UNDERSTOOD, VerbFailed
from lastschrift.settings import SettingsWrong
from lastschrift.web.processes.listen import CannotListen

_SELF_EXPLAINING = (CannotListen, DirectoryInUse, SettingsWrong)
"""Their texts say it all."""

_WORDS_BY_FACT = {
    "ContractUnknown": "there is no contract of this id; `lastschrift contract list` shows all",
    "ClientUnknown": "there is no client of this id; `lastschrift client list` shows all",
    "DebtorUnknown": "this contract has no such payer, or it is deleted",
    "BankAccountUnknown": "this contract has no such bank account",
    "DebtorServesClient": "a client acts for this payer by its own tokens; revoke that first",
    "ErasureLogFailed": "the erasure log can't be written or read, so nothing was erased; "
    "look at the setting erasure_log",
    "UserLinkedAlready": "this user is linked to another payer; unlink it first",
    "UserNotLinked": "this user is linked to nobody; `lastschrift identity list` shows who is",
    "KeyNotActive": "not every server knows the new key yet; try again in half a minute",
    "KeyStillInUse": "the old key may be in use still; run `lastschrift keys rotate data` and "
    "`lastschrift keys rotate fingerprint`, wait for two minutes, and try again",
    "QueueFull": "the server has too much to do; try again",
    "ShuttingDown": "the server is ending; try again",
    "StoreFailed": "the database could not be written, nothing was changed; is the disk full?",
    NOT_UNDERSTOOD: "the running server is of another version; restart it",
    UNEXPECTED: "something broke in the running server; its log says what",
}

_WENT_AWAY = (
    "the server ended before it answered; look whether it was done: "
    "`lastschrift contract list`, `lastschrift client list`"
)


def words_for(error: Exception) -> str | None:
    """Return the line that tells an error, or None if it is none that a command expects."""
    match error:
        case VerbFailed():
            return _WORDS_BY_FACT.get(error.fact, f"it could not be done: {error.fact}")
        case HolderWentAway():
            return _WENT_AWAY
        case OSError(filename=str() as place):
            return f"{place}: {error.strerror}"
        case _ if isinstance(error, _SELF_EXPLAINING):
            return str(error)
        case _:
            return None
