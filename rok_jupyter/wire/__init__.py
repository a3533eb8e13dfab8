"""The only JSON of the domain: values out, values in, request bodies, and the schemas of all of them.

Owns how a model looks as JSON. Doesn't own transport (server, client) nor what anything means (models).
"""

from __future__ import annotations

from rok_jupyter.wire.decode import from_json
from rok_jupyter.wire.encode import dumps, to_json
from rok_jupyter.wire.names import decode_name, encode_name

__all__ = ["decode_name", "dumps", "encode_name", "from_json", "to_json"]
