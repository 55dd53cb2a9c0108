"""``lastschrift identity``: the users of outside identity providers, and the payers they are."""

from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.identity_verbs import (
    IDENTITY_LINK,
    IDENTITY_LIST,
    IDENTITY_UNLINK,
    USERS_LISTED_MAX,
    NewLink,
    UserNamed,
    UsersWanted,
)
from lastschrift.cli.administering import chosen_contract, contract_option, desk
from lastschrift.cli.arguments import Id, Issuer, Subject
from lastschrift.cli.epilog import example
from lastschrift.cli.house import House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json, print_table

_SOME_USER = "https://id.example.org/realms/fuel 4711"
_SOME_CUSTOMER = "PCU_3K7NA85XS2NHEZ5ZRJUHT0DWYS0ZAW"


@click.group(epilog=example("lastschrift identity list"))
def identity() -> None:
    """Link users of outside identity providers to payers, list the links, take them away.

    A user is named as its provider's tokens do it: by issuer (iss) and subject (sub).
    """


@identity.command(epilog=example(f"lastschrift identity link {_SOME_USER}"))
@click.argument("issuer", type=Issuer())
@click.argument("subject", type=Subject())
@click.option("--customer", help="The secuconnect customer that the user is (PCU_...).")
@click.option("--debtor", type=Id(), help="The payer that the user is, by its id.")
@contract_option
@data_option
@json_option
@click.pass_obj
def link(
    house: House,
    *,
    issuer: str,
    subject: str,
    customer: str | None,
    debtor: UUID | None,
    contract_id: UUID | None,
    directory: Path,
    is_json: bool,
) -> None:
    """Link a user to a payer, and print the payer's id; to a new payer, if none is named."""
    if customer is not None and debtor is not None:
        raise click.UsageError("--customer and --debtor name the same thing: leave one out")
    asked = desk(house, directory)
    wanted = NewLink(
        contract=chosen_contract(asked, contract_id),
        issuer=issuer,
        subject=subject,
        debtor=debtor if customer is None else house.customer(customer),
    )
    told = asked.ask(IDENTITY_LINK, wanted)
    if is_json:
        print_json(told)
    else:
        click.echo(told.debtor)


@identity.command("list", epilog=example("lastschrift identity list --json"))
@click.option(
    "--count",
    type=click.IntRange(1, USERS_LISTED_MAX),
    default=1000,
    show_default=True,
    help="How many to list at most.",
)
@click.option("--offset", type=click.IntRange(0), default=0, help="How many to leave out before.")
@contract_option
@data_option
@json_option
@click.pass_obj
def list_(
    house: House,
    *,
    count: int,
    offset: int,
    contract_id: UUID | None,
    directory: Path,
    is_json: bool,
) -> None:
    """List the linked users of a contract, by issuer and subject."""
    asked = desk(house, directory)
    contract = chosen_contract(asked, contract_id)
    found = asked.ask(IDENTITY_LIST, UsersWanted(contract=contract, count=count, offset=offset))
    if is_json:
        print_json(found)
        return
    print_table(
        ("issuer", "subject", "payer", "kind", "linked"),
        [
            (told.issuer, told.subject, str(told.debtor), told.kind.value, told.linked.isoformat())
            for told in found.users
        ],
    )


@identity.command(epilog=example(f"lastschrift identity unlink {_SOME_USER}"))
@click.argument("issuer", type=Issuer())
@click.argument("subject", type=Subject())
@contract_option
@data_option
@json_option
@click.pass_obj
def unlink(
    house: House,
    *,
    issuer: str,
    subject: str,
    contract_id: UUID | None,
    directory: Path,
    is_json: bool,
) -> None:
    """Take a user's link away. The payer and its bank accounts stay as they are.

    The user's next token is a first use again, or needs another link, as the contract says.
    """
    asked = desk(house, directory)
    contract = chosen_contract(asked, contract_id)
    told = asked.ask(IDENTITY_UNLINK, UserNamed(contract=contract, issuer=issuer, subject=subject))
    if is_json:
        print_json(told)
    else:
        click.echo(f"{told.subject} is unlinked")
