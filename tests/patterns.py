"""Every regular expression of ours, and inputs that are made to take each of them long. See ``test_patterns``."""

from __future__ import annotations

import ast
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("language", "ingest", "qa", "vectorstore", "ui")
METHODS = frozenset({"match", "fullmatch", "search", "findall", "finditer", "sub", "subn", "split"})
ANCHORED = frozenset({"match", "fullmatch"})

SHORT, MIDDLE, LONG = 40, 1_500, 12_000
"""Characters of the inputs: the first shows what grows exponentially, the other two are compared."""
SUSPICIOUS = 0.001
"""Seconds for the middle input from which on the long one is tried: most linear patterns take a tenth of it."""
RATIO = 28.0
"""A linear pattern takes 8 times as long for 8 times the input, a quadratic one 64 times."""
MOST_PIECES = 90
"""Of the pieces that a pattern suggests, how many are repeated."""
MOST_ENDS = 4
"""Of the signs that a pattern names, how many are tried as the end of an input."""
LIMIT = 20.0
"""Seconds after which an input is given up: no pattern that is linear comes near."""


@dataclass(frozen=True)
class Used:
    """A pattern and the ways in which it is applied."""

    name: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


def patterns() -> Iterator[Used]:
    """Those compiled when a module is loaded, wherever it keeps them, and those written where they are applied."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            if "import re\n" in source:
                yield from _of_module(path.relative_to(ROOT), ast.parse(source))


def _of_module(path: Path, tree: ast.Module) -> Iterator[Used]:
    module = import_module(".".join(path.with_suffix("").parts))
    methods, of_others = _methods(tree, vars(module))
    for name, value in vars(module).items():
        for number, pattern in enumerate(_inside(value)):
            used = methods.get(name, of_others)
            yield Used(f"{path}:{name}{f'[{number}]' if number else ''}", pattern, used)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_re(node.func.value):
            if node.func.attr in METHODS:
                yield Used(f"{path}:{node.lineno}", _compiled(node, vars(module)), frozenset({node.func.attr}))
            elif node.func.attr == "compile":
                yield Used(f"{path}:{node.lineno}", _compiled(node, vars(module)), frozenset())


def _is_re(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "re"


def _methods(tree: ast.Module, names: dict[str, Any]) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """By name, how each pattern of a module is applied where it is named; and how those are that go by other names,
    such as that of a loop."""
    found: dict[str, set[str]] = {}
    others: set[str] = set()
    applied = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in METHODS:
            if isinstance(names.get(node.value.id), re.Pattern):
                found.setdefault(node.value.id, set()).add(node.attr)
                applied.add(id(node.value))
            elif not _is_re(node.value) and node.attr != "split":  # that is a string's
                others.add(node.attr)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in applied:
            found.pop(node.id, None)  # handed on
    return {name: frozenset(methods) for name, methods in found.items()}, frozenset(others) or METHODS


def _inside(value: Any, depth: int = 3) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        for inner in (*value.keys(), *value.values()):
            yield from _inside(inner, depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _inside(inner, depth - 1)
    elif depth and isinstance(value, type) and value.__module__.partition(".")[0] in PACKAGES:
        for inner in vars(value).values():
            yield from _inside(inner, depth - 1)


class _AnyWord(dict[str, Any]):
    """Stands in for what is only known when a pattern is applied."""

    def __missing__(self, name: str) -> Any:
        if name in vars(__builtins__) if not isinstance(__builtins__, dict) else name in __builtins__:
            raise KeyError(name)
        return "word"


def _compiled(node: ast.Call, names: dict[str, Any]) -> re.Pattern[Any]:
    """The pattern of a call such as ``re.sub(r"a+", …)``, names of the module filled in."""

    def value(part: ast.expr) -> Any:
        return eval(compile(ast.Expression(part), "<pattern>", "eval"), {}, _AnyWord(names))  # our own source

    flags = next((value(keyword.value) for keyword in node.keywords if keyword.arg == "flags"), 0)
    if node.func.attr == "compile" and len(node.args) > 1:  # type: ignore[attr-defined]
        flags = value(node.args[1])
    elif node.func.attr in ("match", "search", "fullmatch", "findall", "finditer") and len(node.args) > 2:  # type: ignore[attr-defined]
        flags = value(node.args[2])
    pattern = value(node.args[0])
    return re.compile(pattern, flags)


# --- inputs -----------------------------------------------------------------------------------------------------------


def attacks(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str, str]]:
    """Beginnings, pieces to be repeated and ends, made of what the pattern itself is made of."""
    tree = sre_parser.parse(
        pattern.pattern, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    )
    pieces: dict[tuple[str, str], None] = {}
    for before, body in _repeats(tree, ("",)):
        for prefix, pump in product(before[-2:], body):
            if pump:
                pieces[prefix, pump] = None
    characters = sorted(_characters(tree))
    for character in {*characters[:40], *"aA0 \n.,-<"}:
        pieces["", character] = None
    for one, other in product(characters[:8], repeat=2):
        pieces["", one + other] = None
    wholes = _samples(tree)
    for whole in wholes:
        if whole:
            pieces["", whole] = None
            pieces["", whole[:-1]] = None
    step = len(pieces) // MOST_PIECES + 1
    for prefix, pump in list(pieces)[::step]:
        if pump:
            for end in ("", "\0", "\n!", *sorted(_characters(tree) - {"a", "0", " "})[:MOST_ENDS]):
                yield prefix, pump, end


def _samples(tree: Any, most: int = 4) -> list[str]:
    """A few strings that a piece of a pattern fits."""
    found = [""]
    for code, argument in tree:
        pieces = _samples_of(code, argument, most)
        found = [whole + piece for whole, piece in product(found, pieces)][: 3 * most]
        found = found[:: max(1, len(found) // most)][:most]
    return list(dict.fromkeys(found))


def _samples_of(code: Any, argument: Any, most: int) -> list[str]:
    if code is sre.LITERAL:
        return [chr(argument)]
    if code is sre.NOT_LITERAL:
        return ["a" if argument != ord("a") else "b", " "]
    if code is sre.ANY:
        return ["a", " "]
    if code is sre.IN:
        return _of_class(argument)[:3] or [""]
    if code in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        least, top, body = argument
        inner = _samples(body, most)
        return ([one * max(least, 1) for one in inner] if top else []) + ([""] if least == 0 else [])
    if code is sre.SUBPATTERN:
        return _samples(argument[-1], most)
    if code is sre.ATOMIC_GROUP:
        return _samples(argument, most)
    if code is sre.BRANCH:
        return [_samples(branch, 1)[0] for branch in argument[1][:8]]
    return [""]


def _of_class(items: Any) -> list[str]:
    negated = bool(items) and items[0][0] is sre.NEGATE
    if negated:
        body = re.compile("[" + "".join(map(_class_item, items[1:])) + "]")
        return [one for one in "a A0.-\n<_é" if not body.match(one)]
    found = []
    for code, argument in items:
        if code is sre.LITERAL:
            found.append(chr(argument))
        elif code is sre.RANGE:
            found.append(chr(argument[0]))
        elif code is sre.CATEGORY:
            body = re.compile(f"[{_class_item((code, argument))}]")
            found += [one for one in "a0 -\n." if body.match(one)][:2]
    return found


def _class_item(item: Any) -> str:
    code, argument = item
    if code is sre.LITERAL:
        return re.escape(chr(argument))
    if code is sre.RANGE:
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    names = {
        sre.CATEGORY_DIGIT: r"\d",
        sre.CATEGORY_NOT_DIGIT: r"\D",
        sre.CATEGORY_SPACE: r"\s",
        sre.CATEGORY_NOT_SPACE: r"\S",
        sre.CATEGORY_WORD: r"\w",
        sre.CATEGORY_NOT_WORD: r"\W",
    }
    return names[argument]


def _repeats(tree: Any, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Every repeated piece of a pattern: what may stand before it, and a few strings that it fits."""
    for code, argument in tree:
        if code in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            if argument[1] > 1:
                yield before, _samples(argument[2], 8)
            yield from _repeats(argument[2], before)
        elif code is sre.SUBPATTERN:
            yield from _repeats(argument[-1], before)
        elif code is sre.ATOMIC_GROUP:
            yield from _repeats(argument, before)
        elif code is sre.BRANCH:
            for branch in argument[1]:
                yield from _repeats(branch, before)
        elif code in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _repeats(argument[1], before)
        before = tuple(
            (start + piece)[:200] for start, piece in product(before[-2:], _samples_of(code, argument, 2)[:2])
        )


def _characters(tree: Any) -> set[str]:
    found: set[str] = set()
    for code, argument in tree:
        if code is sre.LITERAL:
            found.add(chr(argument))
        elif code is sre.IN:
            found |= set(_of_class(argument))
        elif code in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            found |= _characters(argument[2])
        elif code is sre.SUBPATTERN:
            found |= _characters(argument[-1])
        elif code is sre.ATOMIC_GROUP:
            found |= _characters(argument)
        elif code is sre.BRANCH:
            for branch in argument[1]:
                found |= _characters(branch)
        elif code in (sre.ASSERT, sre.ASSERT_NOT):
            found |= _characters(argument[1])
    return found


# --- times ------------------------------------------------------------------------------------------------------------


class TooLong(Exception):
    """An input was given up."""


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """How long the processor works on it at best; ``LIMIT`` where that is more."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong

    kept = signal.signal(signal.SIGVTALRM, give_up)
    best = LIMIT
    try:
        for _ in range(times):
            signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
            started = time.thread_time()
            work()
            best = min(best, time.thread_time() - started)
    except TooLong:
        return LIMIT
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, kept)
    return best


def grown(attack: tuple[str, str, str], size: int) -> str:
    """An input of about ``size`` characters."""
    before, piece, end = attack
    return before + piece * (size // len(piece) + 1) + end


def apply(used: Used, method: str, text: str) -> Callable[[], object]:
    """The pattern applied to a text in one of its ways."""
    subject: Any = text.encode("latin-1", "replace") if isinstance(used.pattern.pattern, bytes) else text
    if method == "fullmatch":
        return lambda: used.pattern.fullmatch(subject)
    if method == "match":
        return lambda: used.pattern.match(subject)
    if method == "search":
        return lambda: used.pattern.search(subject)
    return lambda: sum(1 for _ in used.pattern.finditer(subject))


def slow(used: Used) -> str:
    """What makes a pattern take more than linear time; empty where nothing was found that does."""
    ways = {method if method in ANCHORED or method == "search" else "finditer" for method in used.methods}
    for attack in attacks(used.pattern):
        for way in sorted(ways):
            short = seconds(apply(used, way, grown(attack, SHORT)))
            middle = short if short >= LIMIT else seconds(apply(used, way, grown(attack, MIDDLE)))
            if middle >= LIMIT:
                return f"{way} of {attack!r} takes more than {LIMIT:g} s"
            if middle > SUSPICIOUS:
                middle = seconds(apply(used, way, grown(attack, MIDDLE)), 3)
                long = seconds(apply(used, way, grown(attack, LONG)))
                if long > RATIO * middle:  # or the machine was busy
                    long = seconds(apply(used, way, grown(attack, LONG)), 3)
                if middle > SUSPICIOUS and long > RATIO * middle:
                    return f"{way} of {attack!r}: {MIDDLE:,} characters {middle:.4f} s, {LONG:,} {long:.4f} s"
    return ""
