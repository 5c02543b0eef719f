"""A small parser: which relations does a sentence state? What does not parse states nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import yaml

#: What a sentence states: a role and its value, for example ``("side", "left")``.
Stated = tuple[str, str]
Reading = frozenset[Stated]

_NOTHING: Reading = frozenset()
#: Longest sentence that is read: those of findings are shorter.
MOST_TOKENS = 120
_TOKEN = re.compile(
    r"(?P<space>[ \t]+)|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<word>[A-Za-z]+(?:'[a-z]+)?)|(?P<sign>.)",
    re.DOTALL,
)
_PIECE = re.compile(r"<([a-z_#:]+)>|([\[\](|)])|([^\s\[\](|)<>]+)")
#: Round brackets mean something in a rule: as words they are written so.
_BRACKETS = str.maketrans("{}", "()")
_MINUS = {"-", "\N{MINUS SIGN}"}


@dataclass(frozen=True)
class Token:
    """One word, number or sign.

    Parameters
    ----------
    text
        As written.
    plain
        In small letters: words are compared so, units are not.
    number
        Whether it is one.
    glued
        Whether it follows the token before it without a space.
    """

    text: str
    plain: str
    number: bool
    glued: bool


def tokens_of(text: str) -> list[Token]:
    """Split a text; every character but spaces is in a token."""
    found: list[Token] = []
    glued = False
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "space":
            glued = False
            continue
        part = match[0]
        found.append(Token(part, part.lower(), match.lastgroup == "number", glued))
        glued = True
    return found


@dataclass(frozen=True)
class Lexicon:
    """The names that a sentence may use.

    Parameters
    ----------
    titles
        Tokens in small letters of every way to write a title, with the title that it means.
    units
        Tokens of every way to write a unit, with the unit that it means.
    """

    titles: Mapping[tuple[str, ...], str]
    units: Mapping[tuple[str, ...], str]


@dataclass
class Grammar:
    """Rules by name; each has alternatives, each a sequence of parts and what it states.

    A part is a word, or in angle brackets a rule or what the parser knows by itself: ``title``,
    ``#role`` a number, ``q:role`` a number with its unit.
    """

    rules: dict[str, list[tuple[tuple[str, ...], Reading]]] = field(default_factory=dict)

    def add(self, name: str, line: str) -> None:
        """Add an alternative: ``[a]`` may be left out, ``(a|b)`` is one of several."""
        text, _, stated = line.partition("=>")
        pairs = frozenset(_pair(word) for word in stated.split())
        pieces = [(m[1] and f"<{m[1]}>") or m[2] or m[3] for m in _PIECE.finditer(text)]
        for sequence in self._sequences(name, iter(pieces)):
            self.rules.setdefault(name, []).append((sequence, pairs))

    def _sequences(self, name: str, pieces: Iterator[str]) -> list[tuple[str, ...]]:
        """Return the alternatives up to the closing bracket; brackets become rules."""
        found: list[list[str]] = [[]]
        for piece in pieces:
            if piece in {")", "]"}:
                break
            if piece == "|":
                found.append([])
            elif piece in {"(", "["}:
                inner = f"{name}.{len(self.rules)}"
                self.rules[inner] = []
                ways = self._sequences(inner, pieces)
                if piece == "[":
                    ways.append(())
                self.rules[inner] = [(way, _NOTHING) for way in ways]
                found[-1].append(f"<{inner}>")
            elif piece.startswith("<"):
                found[-1].append(piece)
            else:
                found[-1] += [t.plain for t in tokens_of(piece.translate(_BRACKETS))]
        return [tuple(way) for way in found]


def _pair(word: str) -> Stated:
    role, _, value = word.partition("=")
    return role, value


@cache
def grammar_of(file_name: str) -> Grammar:
    """Return the grammar of a file beside this one."""
    content = yaml.safe_load(files(__package__).joinpath(file_name).read_text("utf-8"))
    grammar = Grammar()
    for name, lines in content["rules"].items():
        for line in lines:
            grammar.add(name, line)
    for name, sequences in grammar.rules.items():
        for part in (part for sequence, _ in sequences for part in sequence):
            inner = part[1:-1] if part.startswith("<") and len(part) > 1 else None
            known = inner is None or inner in grammar.rules or inner == "title"
            if not known and not (inner or "").startswith(("#", "q:")):
                raise ValueError(f"{file_name}: {name} asks for {part}")
    return grammar


def readings(text: str, grammar: Grammar, lexicon: Lexicon) -> set[Reading]:
    """Return all that the whole of a sentence can be read as; nothing where it does not parse."""
    tokens = tokens_of(text)
    if not tokens or len(tokens) > MOST_TOKENS:
        return set()
    parser = _Parser(tokens, grammar, lexicon)
    return {reading for end, reading in parser.rule("sentence", 0) if end == len(tokens)}


class _Parser:
    """Finds all readings, each part of the text read once."""

    def __init__(self, tokens: Sequence[Token], grammar: Grammar, lexicon: Lexicon) -> None:
        self._tokens = tokens
        self._rules = grammar.rules
        self._lexicon = lexicon
        self._known: dict[tuple[str, int], set[tuple[int, Reading]]] = {}

    def rule(self, name: str, start: int) -> set[tuple[int, Reading]]:
        """Return where a rule can end that begins at a token, each with what it states."""
        key = name, start
        if key not in self._known:
            self._known[key] = set()  # a rule that begins with itself finds nothing
            found: set[tuple[int, Reading]] = set()
            for sequence, stated in self._rules[name]:
                found |= {(end, r | stated) for end, r in self._sequence(sequence, start)}
            self._known[key] = found
        return self._known[key]

    def _sequence(self, parts: tuple[str, ...], start: int) -> set[tuple[int, Reading]]:
        states = {(start, _NOTHING)}
        for part in parts:
            states = {
                (end, before | more)
                for position, before in states
                for end, more in self._part(part, position)
            }
            if not states:
                break
        return states

    def _part(self, part: str, start: int) -> set[tuple[int, Reading]]:
        if not part.startswith("<") or part == "<":
            there = start < len(self._tokens) and self._tokens[start].plain == part
            return {(start + 1, _NOTHING)} if there else set()
        name = part[1:-1]
        if name == "title":
            return self._name(self._lexicon.titles, start, "title")
        if name.startswith("#"):
            return {(end, frozenset({(name[1:], value)})) for end, value in self._number(start)}
        if name.startswith("q:"):
            return self._quantity(name[2:], start)
        return self.rule(name, start)

    def _name(
        self, names: Mapping[tuple[str, ...], str], start: int, role: str
    ) -> set[tuple[int, Reading]]:
        found = set()
        for tokens, meaning in names.items():
            end = start + len(tokens)
            if tuple(t.plain for t in self._tokens[start:end]) == tokens:
                found.add((end, frozenset({(role, meaning)})))
        return found

    def _number(self, start: int) -> set[tuple[int, str]]:
        """Read a number, its sign with it."""
        sign, at = "", start
        if at < len(self._tokens) and self._tokens[at].plain in {*_MINUS, "<", ">"}:
            sign = "-" if self._tokens[at].plain in _MINUS else self._tokens[at].plain
            at += 1
            if sign == "-" and at < len(self._tokens) and not self._tokens[at].glued:
                return set()
        if at >= len(self._tokens) or not self._tokens[at].number:
            return set()
        return {(at + 1, sign + plain_number(self._tokens[at].text))}

    def _quantity(self, role: str, start: int) -> set[tuple[int, Reading]]:
        found = set()
        for end, value in self._number(start):
            for stop, unit in self._units(end):
                found.add((stop, frozenset({(role, value), (f"{role}.unit", unit)})))
        return found

    def _units(self, start: int) -> set[tuple[int, str]]:
        """Read a unit as it is written, capitals and all; nothing at all is a unit too."""
        found = {(start, "")}
        for tokens, unit in self._lexicon.units.items():
            end = start + len(tokens)
            if tuple(t.text for t in self._tokens[start:end]) == tokens:
                found.add((end, unit))
        return found


def plain_number(digits: str) -> str:
    """Return digits so that equal numbers are equal texts: ``1.10`` is ``1.1``."""
    whole, point, rest = digits.partition(".")
    rest = rest.rstrip("0")
    return (whole.lstrip("0") or "0") + (point + rest if rest else "")
