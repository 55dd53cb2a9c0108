"""``lastschrift account``: one bank account, erased."""

from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.erasure_verbs import ACCOUNT_ERASE, AccountNamed
from lastschrift.cli.administering import chosen_contract, contract_option, desk
from lastschrift.cli.arguments import Id
from lastschrift.cli.epilog import example
from lastschrift.cli.erased import purge_and_tell
from lastschrift.cli.house import House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json

_SOME_CONTAINER = "PCT_3K7NA85XS2NHEZ5ZRJUHT0DWYS0ZAW"
_CONTAINER_SIGN = "PCT_"


@click.group(epilog=example(f"lastschrift account erase {_SOME_CONTAINER}"))
def account() -> None:
    """Erase single bank accounts: such as are nobody's, or one of several of a payer's.

    ID is a secuconnect container's (PCT_...), or a PACE payment method's.
    """


@account.command(epilog=example(f"lastschrift account erase {_SOME_CONTAINER}"))
@click.argument("account", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@contract_option
@data_option
@json_option
@click.pass_obj
def erase(
    house: House,
    *,
    account: str,
    yes: bool,
    contract_id: UUID | None,
    directory: Path,
    is_json: bool,
) -> None:
    """Erase a bank account for good. The server may run.

    It is done as by `lastschrift debtor erase`; its id stays taken.
    """
    asked = desk(house, directory)
    wanted = AccountNamed(
        contract=chosen_contract(asked, contract_id), account=_account_id(house, account)
    )
    if not yes:
        click.confirm(f"Erase {account} for good? There is no way back.", abort=True)
    erased = asked.ask(ACCOUNT_ERASE, wanted)
    is_purged = purge_and_tell(asked)
    if is_json:
        print_json({"account": erased.account, "purged": is_purged})
    else:
        click.echo(f"{account} is erased")


def _account_id(house: House, text: str) -> UUID:
    """Return the account that a container's id, or a UUID, names.

    Raises: CannotDo; click.UsageError.
    """
    if text.startswith(_CONTAINER_SIGN):
        return house.container(text)
    return Id().convert(text, None, None)
