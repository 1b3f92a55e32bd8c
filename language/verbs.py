"""The base of an English verb from its simple past: "opened" -> "open", "won" -> "win"."""

from __future__ import annotations

from collections.abc import Container

_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "became:become began:begin bent:bend bit:bite blew:blow broke:break brought:bring built:build burnt:burn"
        " bought:buy caught:catch chose:choose came:come cost:cost cut:cut dealt:deal did:do drew:draw drank:drink"
        " drove:drive ate:eat fell:fall fed:feed felt:feel fought:fight found:find fled:flee flew:fly forbade:forbid"
        " forgot:forget froze:freeze got:get gave:give went:go grew:grow hung:hang had:have heard:hear hid:hide hit:hit"
        " held:hold hurt:hurt kept:keep knew:know laid:lay led:lead left:leave lent:lend lost:lose made:make meant:mean"
        " met:meet paid:pay put:put quit:quit rode:ride rang:ring rose:rise ran:run saw:see sought:seek sold:sell"
        " sent:send set:set shook:shake shot:shoot shut:shut sang:sing sank:sink sat:sit slept:sleep spoke:speak"
        " spent:spend spread:spread stood:stand stole:steal struck:strike swore:swear swept:sweep swam:swim took:take"
        " taught:teach threw:throw thought:think told:tell underwent:undergo understood:understand woke:wake wore:wear"
        " won:win wrote:write"
    ).split()
)


def is_past(word: str) -> bool:
    """Whether ``word``, in lower case, looks like the simple past of a verb."""
    return word in _IRREGULAR or (len(word) > 4 and word.endswith("ed") and not word.endswith("eed"))


def base_of_past(word: str, known: Container[str]) -> str | None:
    """The base of ``word``, the simple past of a verb in lower case; None where it is not clear.

    Of what a regular one may come from, the first that is among the ``known`` words.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if not is_past(word):
        return None
    bare = word[:-2]
    likely = [bare[:-1] + "y"] if bare.endswith("i") else [bare, bare + "e"]
    if len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] not in "sl":
        likely.insert(0, bare[:-1])
    if bare.endswith(("at", "iz", "is", "c", "v", "u", "g", "ur", "ir", "ov", "as", "us", "os")):
        likely.reverse()
    return next((base for base in likely if base in known), None)
