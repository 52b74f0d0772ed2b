"""Labels: one normal form for what folders, lists and people write."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

MAX_LABEL_CHARACTERS = 100


def normal_label(text: str) -> str:
    """Return the normal form: composed (Unicode NFC), no space at the ends, one space for any run of white space.

    A folder that was named on a Mac and one named on Linux are then one class, and `grass ` is `grass`.
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def label_of_folder(name: str) -> str:
    """Return the label that a folder's name stands for; bytes that are no UTF-8 are read as Windows wrote them."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raw = os.fsencode(name)
        try:
            name = raw.decode("cp1252")
        except UnicodeDecodeError:
            name = raw.decode("latin-1")
    return normal_label(name)


def fault_of_label(label: str) -> str:
    """Say what is wrong with a label in normal form; empty if nothing is."""
    if not label:
        return "There is no label."
    if len(label) > MAX_LABEL_CHARACTERS:
        return f"The label has {len(label)} characters; at most {MAX_LABEL_CHARACTERS} are accepted."
    if not label.isprintable():
        return "The label has characters that cannot be printed."
    return ""


def twins(labels: Iterable[str]) -> list[list[str]]:
    """Return the labels that people take for one another: they differ in case or in compatible characters only."""
    alike: dict[str, list[str]] = defaultdict(list)
    for label in sorted(set(labels)):
        alike[unicodedata.normalize("NFKC", label).casefold()].append(label)
    return [group for group in alike.values() if len(group) > 1]
