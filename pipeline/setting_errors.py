"""Says what is wrong with a setting: one sentence with its name, its value and an example."""

from collections.abc import Mapping
from typing import Any, Final

# Of what has no default, or one that does not show how it is written.
_EXAMPLES: Final = {
    "device": "gpu:0",
    "oss_hosts": "bucket.example.com, *.example.com",
    "local_hosts": "10.0.0.5:8080, pictures.example.com",
    "local_cidrs": "10.0.0.0/8",
    "anonymous_cidrs": "10.1.2.0/24",
    "proxy_cidrs": "10.1.2.7/32",
    "hosts": "fundocr.example.com",
    "fund_list": "funds.csv",
    "max_bytes": "10 MiB",
    "worker_memory": "4 GiB",
    "front_address": "127.0.0.1:8000",
}
# By pydantic's kind of error; the others keep pydantic's words.
_WHY: Final = {
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "float_parsing": "is no number",
    "finite_number": "is no number",
    "bool_parsing": "is neither 0 nor 1",
    "bool_type": "is neither 0 nor 1",
    "byte_size": "is no number of bytes",
    "byte_size_unit": "is no number of bytes",
    "greater_than": "is not above {gt}",
    "greater_than_equal": "is below {ge}",
    "less_than": "is not below {lt}",
    "less_than_equal": "is above {le}",
    "literal_error": "is none of {expected}",
}
_NO_SUCH: Final = {"device": "is no device", "front_address": "is no host:port"}
_LONGEST = 80


def sentence(error: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """One line for an error of pydantic's. defaults: by field; told where there is no example."""
    field = str(error["loc"][0])
    name = f"FUNDOCR_{field.upper()}"
    if error["type"] == "value_error":
        return f"{name}: {error['msg'].removeprefix('Value error, ')}"
    why = _NO_SUCH.get(field) or _WHY.get(error["type"], f"will not do ({error['msg']})")
    given = str(error["input"])
    shown = given if len(given) <= _LONGEST else given[:_LONGEST] + "…"
    example = _EXAMPLES.get(field) or _written(defaults.get(field))
    return f"{name}: {shown!r} {why.format(**error.get('ctx', {}))}; for example {name}={example}"


def _written(default: object) -> str:
    return str(int(default)) if isinstance(default, bool) else str(default)
