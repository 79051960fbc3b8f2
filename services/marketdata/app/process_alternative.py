"""Takes in what the bus carries besides prices: documents are linked and scored, figures are kept by version."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.marketdata.app.alternative_ports import AlternativeLedger, AlternativeRecords, Scored, Scorer
from services.marketdata.app.ports import Clock
from services.marketdata.domain.alternative.linking import Linker
from services.marketdata.domain.alternative.records import Document

LINKERS = 64  # datasets whose instruments' names are remembered


@dataclass(frozen=True, slots=True)
class ProcessAlternative:
    """Has the effect of messages; `linkers` remembers names by dataset, each at its revision."""

    scorer: Scorer
    clock: Clock
    linkers: dict[str, tuple[int, Linker]] = field(default_factory=dict)

    async def __call__(self, ledger: AlternativeLedger, messages: Sequence[AlternativeRecords]) -> None:
        """Keep what messages bring, in their order. What is of a dataset that does not exist is dropped."""
        revisions = await ledger.revisions({message.dataset_id for message in messages})
        for message in messages:
            if message.dataset_id not in revisions:
                continue
            now = self.clock.now()
            if message.documents:
                linker = await self._linker(ledger, message.dataset_id, revisions[message.dataset_id])
                await ledger.keep_documents(await self._scored(ledger, message, linker), now)
            if message.figures:
                await ledger.keep_figures(message.dataset_id, message.source, message.figures, now)

    async def _linker(self, ledger: AlternativeLedger, dataset_id: str, revision: int) -> Linker:
        known = self.linkers.get(dataset_id)
        if known is not None and known[0] == revision:
            return known[1]
        named = await ledger.named(dataset_id)
        linker = await asyncio.to_thread(Linker.of, named)
        if len(self.linkers) >= LINKERS:
            del self.linkers[next(iter(self.linkers))]
        self.linkers[dataset_id] = (revision, linker)
        return linker

    async def _scored(self, ledger: AlternativeLedger, message: AlternativeRecords, linker: Linker) -> list[Scored]:
        """The documents that are new and speak of an instrument; of several with one id the first."""
        by_id = dict[str, Document]()
        for document in message.documents:
            by_id.setdefault(document.id, document)
        known = await ledger.known(message.dataset_id, message.source, by_id)
        new = [document for document in by_id.values() if document.id not in known]

        def score() -> list[Scored]:
            scored = list[Scored]()
            for document in new:
                text = f"{document.title}\n{document.text}"
                symbols = sorted(linker.links(text) | (linker.symbols & set(document.symbols)))
                if symbols:
                    whose = (message.dataset_id, message.source)
                    scored.append(Scored(*whose, document, self.scorer.score(text), symbols))
            return scored

        # Hundreds of documents take a while to read: a thread leaves the event loop its turns.
        return await asyncio.to_thread(score)
