"""Articles made of sentences about invented towns, the same for the same number."""

from __future__ import annotations

import random
from dataclasses import dataclass

_TOWNS = "Alder Point,Brackwater,Corran,Dunmere,Eastry,Fallow Hill,Garrow,Hexley,Inverlune,Kestrel Bay".split(",")
_PEOPLE = "Ruth Amsel,Tomas Verity,Nadia Okoro,Elin Sand,Piet Maas,Grace Holloway,Ivo Brandt,Leila Haddad".split(",")
_WRITERS = "Ada Finch,Bo Reed,Carla Wynn,Dov Mercer,Esme Hart,Felix Grange".split(",")
_THINGS = "ferry,bridge,library,lighthouse,tram,market hall,observatory,swimming bath,mill,theatre".split(",")
_TITLES = (
    "How {town} Kept Its {Thing}",
    "The {Thing} of {town} Opens Again After {years} Years",
    "{person} and the {Thing} That Nobody Wanted",
    "A {Thing} for {town}, at Last",
)
_SENTENCES = (
    "The {thing} at {town} was built in {year} by a company that went bankrupt before the roof was on.",
    "For {years} years it stood empty, and children were told that it was haunted.",
    "{person}, who lives across the road, remembers the winter when the river froze as far as the locks.",
    "“We were never asked,” said {person}, “and when we were asked, it was already too late to say no.”",
    "The council paid {money} thousand crowns for the repairs, about twice what the first estimate had said.",
    "An engineer from {town2} found that the old beams were of oak and would last another century.",
    "In {month} the first visitors were let in, {count} of them in a single afternoon.",
    "Nobody can say with certainty who had the idea, although three families claim it.",
    "The plans, drawn in brown ink on linen, turned up in a drawer of the harbour master’s desk.",
    "{person} kept a diary through all of it, and reads from it when the weather is bad.",
    "What had cost a fortune to build was sold for the price of a good horse.",
    "On the east side a row of limes was planted, and on the west side a wall was left to the ivy.",
    "The work took {count} days, four more than had been promised, because of the rain.",
    "Schools from {town2} and the villages around now come by bus every week of the term.",
    "A brass plate by the door names the {count} people who gave money in {year}.",
    "The clock above the gate has been eleven minutes slow since anybody can remember.",
    "If the grant is renewed, a second room will open next spring under {person}.",
    "The old keeper left his tools hanging in order of size, each outlined on the board in pencil.",
    "Standing on the gallery one sees the whole bay, and on clear days the hills behind {town2}.",
    "By the end of the year {count} tickets had been sold, more than the town has inhabitants.",
    "The last owner, {person}, signed the papers at a kitchen table with a borrowed pen.",
    "It is not beautiful, the architect admits, but it keeps out the wind and lets in the light.",
)
_HEADINGS = ("A long sleep", "What the beams told", "Counting the cost", "The first visitors", "After the rain")
_MONTHS = "January,March,May,June,August,October".split(",")


@dataclass(frozen=True)
class Story:
    """An article without any page around it."""

    title: str
    author: str
    published: str
    """ISO 8601 date."""
    paragraphs: tuple[str, ...]
    headings: tuple[str, ...]

    @property
    def words_of_date(self) -> str:
        """``5 May 2017``."""
        year, month, day = self.published.split("-")
        names = "January February March April May June July August September October November December".split()
        return f"{int(day)} {names[int(month) - 1]} {year}"


@dataclass(frozen=True)
class Page:
    """A page, and what is right to take from it."""

    name: str
    html: str
    story: Story
    body: str
    """The article's own text, headings inside it included; blocks are separated by blank lines."""
    boilerplate: str
    """All the other words on the page that a visitor sees."""
    menu: str
    """Those of them that are in its menus."""
    fresh: bool
    """Whether it was made after the rules of extraction were done, and they were not changed because of it."""


def story(number: int, paragraphs: int = 7) -> Story:
    """Article ``number``, with so many paragraphs of two to four sentences."""
    dice = random.Random(number)

    def filled(template: str) -> str:
        thing = dice.choice(_THINGS)
        return template.format(
            town=dice.choice(_TOWNS), town2=dice.choice(_TOWNS), person=dice.choice(_PEOPLE), thing=thing,
            Thing=thing.title(), year=dice.randint(1780, 1960), years=dice.randint(8, 70), money=dice.randint(20, 900),
            month=dice.choice(_MONTHS), count=dice.randint(14, 900),
        )  # fmt: skip

    sentences = list(_SENTENCES)
    dice.shuffle(sentences)
    made = []
    for _ in range(paragraphs):
        count = min(dice.randint(2, 4), max(2, len(sentences)))
        if len(sentences) < count:
            sentences = list(_SENTENCES)
            dice.shuffle(sentences)
        made.append(" ".join(filled(sentences.pop()) for _ in range(count)))
    published = f"{dice.randint(2009, 2024)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
    return Story(filled(dice.choice(_TITLES)), dice.choice(_WRITERS), published, tuple(made), _HEADINGS)
