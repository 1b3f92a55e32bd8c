"""How the reader is trained: the phases, and everything else that decides what comes out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from qa.reader.loop import Stretch

CROPS = (300, 450, 600, 800)
"""Lengths in characters: short ones are quick to learn from, long ones are what will be read."""


@dataclass(frozen=True)
class Phase:
    """A stretch of training: what is asked, and how fast it is learned."""

    name: str
    examples: int
    """How many questions are seen; past the number there are, they come round again in the same order."""
    learning_rate: tuple[float, float]
    """At its beginning and at its end, evenly in between."""
    unanswerable: bool
    """Whether questions that their passage does not answer are among them."""
    rival_share: float = 0.0
    """Share of the answerable questions with rivals that are read together with one of them."""
    frozen_layers: int = 0
    """Lowest layers of the encoder, and the embeddings below them, that are left as they are: a third faster at 2."""
    crop_chars: tuple[int, ...] = (750,)
    """Lengths to which contexts are cropped, one drawn for each question."""
    softness: float = 0.0
    """Share of the loss that asks for the teacher's view of every span in place of the one accepted answer. Where there
    is any, of the answerable questions only those that the teacher has read are seen."""
    hidden_words: float = 0.0
    """Share of the tokens, those of the answer apart, that are replaced by ``[MASK]``."""
    rounded: bool = False
    """Whether the network computes with weights of four bits, as ``qa.reader.second`` ships them, while it learns."""
    mean_decay: float = 0.0
    """See ``Stretch``."""
    seconds: float = 0.0
    """See ``Stretch``."""

    def stretch(self, warmup: int = 0) -> Stretch:
        """What the loop has to know of it."""
        return Stretch(self.name, self.examples, self.learning_rate, warmup, self.seconds, self.mean_decay)


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what comes out, apart from the data itself."""

    phases: tuple[Phase, ...]
    warmup: int = 4000
    """Questions over which the learning rate rises from 0 at the start."""
    weight_decay: float = 0.01
    batch_tokens: int = 3600
    pool: int = 2000
    """Examples that are sorted by length together; a checkpoint falls between two pools."""
    max_tokens: int = 320
    temperature: float = 2.0
    """What logits, the teacher's and the reader's, are divided by before they are compared."""
    qamr_share: float = 0.1
    watch_articles: int = 6
    watch_questions: int = 500
    dropout: bool = False
    """Whether channels are dropped as the encoder's configuration says. It costs a third of the speed on a CPU, and few
    passes over the data do not overfit."""
    seed: int = 13

    def only(self, names: Collection[str]) -> TrainConfig:
        """The same with the phases of these names alone."""
        return replace(self, phases=tuple(phase for phase in self.phases if phase.name in names))

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The phases as the loop takes them; the first begins from nothing and warms up."""
        return tuple(phase.stretch(0 if place else self.warmup) for place, phase in enumerate(self.phases))


RECIPE = TrainConfig(
    phases=(
        # Where is the answer? Unanswerable questions from the start would teach it to point at [CLS] before it can
        # find anything (docs/training.md).
        Phase("find", 122_000, (3e-4, 5e-5), unanswerable=False),
        # Is there one?
        Phase("tell", 56_000, (2.0e-4, 1.2e-4), True, rival_share=0.15, frozen_layers=2, crop_chars=CROPS),
        # Which of several passages has it?
        Phase("compare", 40_000, (1.2e-4, 0.0), True, rival_share=0.6, frozen_layers=2, crop_chars=CROPS),
        # Both again, with passages of a line or two among the rest.
        Phase("more", 40_000, (1.7e-4, 0.9e-4), True, rival_share=0.15, frozen_layers=2, crop_chars=(150, *CROPS)),
        Phase("compare again", 16_000, (0.9e-4, 0.0), True, rival_share=0.6, frozen_layers=2, crop_chars=(150, *CROPS)),
        # What all runs over the last weights have in common; only their running mean is kept.
        Phase(
            "average",
            40_000,
            (1e-4, 1e-4),
            True,
            rival_share=0.35,
            crop_chars=(150, *CROPS),
            hidden_words=0.05,
            mean_decay=0.999,
        ),
        # What a larger network makes of the same questions, and once more what the data say.
        Phase("taught", 50_000, (1.5e-4, 0.7e-4), True, rival_share=0.25, crop_chars=(150, 300, 300), softness=0.7),
        Phase("settle", 10_000, (0.7e-4, 0.0), True, rival_share=0.6, frozen_layers=2, crop_chars=(150, *CROPS)),
    )
)
"""How the shipped weights are made."""
