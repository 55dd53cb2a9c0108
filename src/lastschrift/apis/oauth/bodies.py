"""Reading a body that is a form or JSON, as secuconnect's clients send either."""

from typing import Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec

from lastschrift.apis.oauth.errors import ParameterTwice, ParameterWrong
from lastschrift.web.errors import BodyMalformed
from lastschrift.web.reading import BodyReader

Model = TypeVar("Model", bound=msgspec.Struct)

_FORM_FIELDS_MAX = 50


class FormOrJson(Generic[Model]):
    """Reads bodies into one model, all of whose members are texts or absent."""

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._json = BodyReader(model)
        self._names = frozenset(model.__struct_fields__)

    def read(self, body: bytes, content_type: bytes | None) -> Model:
        """Return what was sent; parameters that nobody knows are ignored (RFC 6749 §3.2).

        Raises, in this order: BodyMalformed, ParameterTwice, ParameterWrong.
        """
        return self._read_json(body) if _is_json(content_type, body) else self._read_form(body)

    def _read_json(self, body: bytes) -> Model:
        sent, problems = self._json.read(body)
        if problems:
            raise ParameterWrong
        return sent

    def _read_form(self, body: bytes) -> Model:
        try:
            fields = parse_qsl(
                body.decode(),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_FORM_FIELDS_MAX,
            )
        except ValueError:
            raise BodyMalformed("the body is no form in UTF-8") from None
        known = [(name, value) for name, value in fields if name in self._names]
        sent = dict(known)
        if len(sent) != len(known):
            raise ParameterTwice
        if any("\0" in value for value in sent.values()):
            raise ParameterWrong
        return self._model(**sent)


def _is_json(content_type: bytes | None, body: bytes) -> bool:
    """Whether to read JSON: by what the client says, and without a word by how the body begins."""
    if content_type is None:
        return body.lstrip().startswith(b"{")
    return content_type.split(b";")[0].strip().lower().endswith(b"json")
