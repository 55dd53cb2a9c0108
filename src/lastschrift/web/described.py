"""What an API's description tells of a member beyond its kind: lengths, forms, an example.

It is for readers only. Nothing here makes decoding check anything or take longer: what a text may
hold is checked by the domain, after it has been normalised (`lastschrift.domain.text`).

>>> described_text(70, "Jon").extra_json_schema["maxLength"]
70
"""

from msgspec import Meta

_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


def described(example: object = None, **schema: object) -> Meta:
    """Return these keywords of JSON Schema, and an example of the member."""
    return Meta(examples=None if example is None else [example], extra_json_schema=schema)


def described_text(characters_max: int, example: str | None = None, **schema: object) -> Meta:
    """Return what `lastschrift.domain.text.clean_text` asks of a text, and an example."""
    return described(example, maxLength=characters_max, pattern=_NO_CONTROLS, **schema)
