"""Which ``Accept`` headers take JSON:API, and which exclude it."""

import pytest

from lastschrift.apis.pace.media_type import is_acceptable


@pytest.mark.parametrize(
    "accept",
    [
        "",
        ", ",
        "*/*",
        "application/*",
        "application/vnd.api+json",
        "Application/Vnd.API+json",
        "application/vnd.api+json;q=0.1",
        "application/vnd.api+json ; Q=1.000",
        "text/html, application/xhtml+xml, */*;q=0.8",
        "application/json, application/vnd.api+json",
        "application/vnd.api+json; charset=utf-8, */*",
        "application/vnd.api+json, */*;q=0",
        "application/*, */*;q=0.0",
        "text/html, image/gif, *; q=.2, */*; q=.2",
    ],
)
def test_json_api_is_taken(accept: str) -> None:
    assert is_acceptable(accept.encode())


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "text/*",
        "application/vnd.api",
        "application/vnd.api+json; charset=utf-8",
        'application/vnd.api+json; profile="a,b"',
        "application/vnd.api+json;q=0",
        "application/vnd.api+json;q=0.000, */*",
        "application/*;q=0, */*",
        "*/*;q=.0",
        "\xff",
    ],
)
def test_json_api_is_excluded(accept: str) -> None:
    assert not is_acceptable(accept.encode("latin-1"))
