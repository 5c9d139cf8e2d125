"""What the decoder finds wrong with a value, in words for whoever sent it."""

import re

_WANTED = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_GOT = {**_WANTED, "bool": "a boolean"}
_TYPE = re.compile(r"Expected ([a-z |]+?), got (\w+)")
_SIZE = re.compile(r"Expected (str|array|object) of length (<=|>=) (\d+)")
_RANGE = re.compile(r"Expected (?:int|float) (<=|>=|<|>) (\S+)")
_PATTERN = re.compile(r"Expected str matching regex '(.*)'")
_UNITS = {"str": "character", "array": "entry", "object": "key"}
_BOUNDS = {"<=": "{} or less", ">=": "{} or more", "<": "less than {}", ">": "more than {}"}


def worded(reason: str) -> str:
    """A sentence for one of the decoder's reasons; one that is not known stays as it is."""
    reason = reason.replace("`", "").strip()
    if found := _TYPE.fullmatch(reason):
        wanted = " or ".join(_WANTED.get(word, word) for word in found[1].split(" | "))
        return f"This must be {wanted}, not {_GOT.get(found[2], found[2])}."
    if found := _SIZE.fullmatch(reason):
        count, unit = int(found[3]), _UNITS[found[1]]
        if count != 1:
            unit = "entries" if unit == "entry" else f"{unit}s"
        return f"This may have at most {count} {unit}." if found[2] == "<=" else f"This needs at least {count} {unit}."
    if found := _RANGE.fullmatch(reason):
        return f"This must be {_BOUNDS[found[1]].format(found[2])}."
    if found := _PATTERN.fullmatch(reason):
        return f"This must match the pattern {found[1]}."
    return reason if reason.endswith(".") else f"{reason}."
