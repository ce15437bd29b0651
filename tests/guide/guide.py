# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The commands and files that docs/guide.md tells an administrator to type."""
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
HEADING = re.compile(r"^(#+) (?:[0-9]+\. )?(.*)$")
INDENT = "    "


def section(title, text=None):
    """The lines of the section of that title (its number left out), with the
    sections below it."""
    if text is None:
        with open(os.path.join(TOP, "docs", "guide.md"),
                  encoding="utf-8") as file:
            text = file.read()
    found, level = [], None
    for line in text.splitlines():
        heading = HEADING.match(line)
        if heading and level is not None and len(heading[1]) <= level:
            break
        if level is not None:
            found.append(line)
        elif heading and heading[2] == title:
            level = len(heading[1])
    if level is None:
        raise KeyError(f"docs/guide.md has no section \"{title}\"")
    return found


def blocks(title, text=None):
    """The indented blocks of a section, in their order, without the
    indent. Which of them are commands the reader knows, and so does the test
    that takes them."""
    found, block = [], []
    for line in section(title, text) + [""]:
        if line.startswith(INDENT):
            block.append(line[len(INDENT):])
        elif not line.strip() and block and block[-1]:
            block.append("")  # may go on after an empty line
        elif block:
            found.append("\n".join(block).strip("\n"))
            block = []
    if block:
        found.append("\n".join(block).strip("\n"))
    return [part for one in found for part in one.split("\n\n")]


def block(title, start, text=None):
    """The one block of a section that begins with START."""
    (found,) = [one for one in blocks(title, text) if one.startswith(start)]
    return found
