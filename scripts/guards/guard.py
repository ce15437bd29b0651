# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the guards share: where the sources are, how C is read, how a guard
reports. Standard library only, so that `make check` needs nothing more.

A guard is a script that calls run(check). check(root, build) returns a list
of problems, one line each; none means that the rule holds. The exit status is
automake's: 0 passed, 1 failed, 77 skipped.
"""
import argparse
import os
import re
import subprocess
import sys

LAYERS = ("base", "protocol", "challenge", "store", "ca", "enroll", "httpd",
          "scepctl")
# Layers that make up libscep; each source has a unit test.
CORE = LAYERS[:6]
# What a build in the source tree leaves there.
BUILT = (".o", ".lo", ".la", ".log", ".trs", ".dirstamp")


class Skip(Exception):
    """The rule cannot be checked here; the text says why."""


def run(check):
    """Parse the command line, check, report, exit."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    here = os.path.dirname(os.path.abspath(sys.argv[0]))
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)),
                        help="top of the source tree")
    parser.add_argument("--build", default=os.getcwd(),
                        help="top of the build tree")
    args = parser.parse_args()
    name = os.path.basename(sys.argv[0])
    try:
        problems = check(os.path.abspath(args.root),
                         os.path.abspath(args.build))
    except Skip as why:
        print(f"{name}: skipped: {why}")
        sys.exit(77)
    except FileNotFoundError as error:
        problems = [f"{error.filename} is missing"]
    for problem in problems:
        print(f"{name}: {problem}")
    print(f"{name}: {len(problems)} problem(s)" if problems
          else f"{name}: all well")
    sys.exit(1 if problems else 0)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def files(root):
    """Every file of the project, relative: git's list, or in an unpacked
    tarball whatever is there."""
    if os.path.exists(os.path.join(root, ".git")):
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"],
            check=True, capture_output=True, text=True).stdout.split("\0")
        return sorted(path for path in listed
                      if path and os.path.isfile(os.path.join(root, path)))
    found = [name for name in ("Makefile.am", "README", "configure.ac")
             if os.path.isfile(os.path.join(root, name))]
    for top in ("conf.d", "docs", "include", "mod_scep", "scripts", "tests"):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders[:] = [name for name in folders
                          if name not in ("__pycache__", ".libs", ".deps")]
            found += [os.path.relpath(os.path.join(folder, name), root)
                      for name in names if not name.endswith(BUILT)]
    return sorted(found)


def sources(root, *tops):
    """The .c and .h files below TOPS (default: all that are ours)."""
    tops = tops or ("include/", "mod_scep/", "tests/")
    return [path for path in files(root)
            if path.endswith((".c", ".h")) and path.startswith(tops)]


def layer_of(path):
    """The layer that a product file belongs to; None outside them."""
    parts = path.split("/")
    if path == "include/scep_ca.h":
        return "ca"
    if path == "include/mod_scep.h" or path == "mod_scep/mod_scep.c":
        return "httpd"
    if parts[0] == "include":
        return "base"
    if parts[0] == "mod_scep" and len(parts) > 2 and parts[1] in LAYERS:
        return parts[1]
    return None


def may_use(layer):
    """The layers on which LAYER may depend, itself included."""
    middle = ("protocol", "challenge", "store", "ca")
    return {"base": ("base",), "enroll": ("base", "enroll") + middle,
            "httpd": CORE + ("httpd",), "scepctl": CORE + ("scepctl",)}.get(
                layer, ("base", layer))


def strip(text):
    """C without comments and without what is inside strings; lines stay."""
    def blank(match):
        token = match.group(0)
        if token[0] == "/":
            return " " + "\n" * token.count("\n")
        return token[0] + token[-1]
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
                  r"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def includes(root, path):
    """(line number, name) of each #include of a file."""
    found = []
    for number, line in enumerate(read(root, path).splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^">]+)[">]', line)
        if match:
            found.append((number, match.group(1)))
    return found


def reasons(root):
    """The rows of SCEP_REASONS: dicts of symbol, number, status, http,
    failinfo and text."""
    header = read(root, "mod_scep/base/scep.h")
    texts = dict(re.findall(r'#define (SCEP_TEXT_\w+) "([^"]*)"', header))
    body = re.search(r"#define SCEP_REASONS\(X\)(.*?)/\* clang-format on", header,
                     re.S).group(1).replace("\\\n", " ")
    rows = []
    for row in re.findall(r'X\(\s*(\w+),\s*(\d+),\s*(\w+),\s*(\d+),\s*(\w+),'
                          r'\s*("[^"]*"|\w+)\s*\)', body):
        text = row[5].strip('"') if row[5][0] == '"' else texts[row[5]]
        rows.append(dict(symbol=row[0], number=int(row[1]), status=row[2],
                         http=int(row[3]), failinfo=row[4], text=text))
    return rows
