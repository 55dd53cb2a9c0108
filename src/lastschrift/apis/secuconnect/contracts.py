"""secuconnect's payment contracts: of all there are, a token sees its own."""

from lastschrift.apis.secuconnect.ids import parse_contract_id
from lastschrift.apis.secuconnect.models import ME, ContractAnswer, ContractList
from lastschrift.apis.secuconnect.parameters import CONTRACT_IN_PATH, PAGE
from lastschrift.apis.secuconnect.parse import parse_page
from lastschrift.apis.secuconnect.render import render_contract, render_contracts
from lastschrift.apis.secuconnect.statuses import LISTING_CONTRACTS, READING
from lastschrift.domain.access import Scope
from lastschrift.domain.errors import ContractUnknown
from lastschrift.operations.read_contract import read_contract
from lastschrift.web.api import Route
from lastschrift.web.http import Request, Response


async def list_contracts(request: Request) -> Response:
    """List the one contract that the token is for."""
    principal = await request.authorize(Scope.SECUCONNECT)
    page = parse_page(request.query)
    return render_contracts([await read_contract(request.ports, principal.contract_id)], page)


async def get_contract(request: Request) -> Response:
    """Read the contract that the token is for."""
    principal = await request.authorize(Scope.SECUCONNECT)
    named = request.path_params[CONTRACT_IN_PATH.name]
    if named != ME and parse_contract_id(named) != principal.contract_id:
        raise ContractUnknown
    return render_contract(await read_contract(request.ports, principal.contract_id))


_CONTRACTS = "/api/v2/Payment/Contracts"
_SCOPES = (Scope.SECUCONNECT,)

ROUTES = (
    Route(
        method="GET",
        path=_CONTRACTS,
        handler=list_contracts,
        answers={200: ContractList, **LISTING_CONTRACTS},
        scopes=_SCOPES,
        query=PAGE,
    ),
    Route(
        method="GET",
        path=f"{_CONTRACTS}/{{{CONTRACT_IN_PATH.name}}}",
        handler=get_contract,
        in_path=[CONTRACT_IN_PATH],
        answers={200: ContractAnswer, **READING},
        scopes=_SCOPES,
    ),
)
