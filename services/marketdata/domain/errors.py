"""What can be wrong with a call, as nouns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


class MarketDataError(Exception):
    """A call that marketdata refuses."""


class DatasetNotFound(MarketDataError):
    """There is no such dataset, or the caller may not see it."""

    def __init__(self, dataset: str) -> None:
        super().__init__(f"dataset '{dataset}' not found among your own; a shared one is named by its id")
        self.dataset = dataset


class NotOwner(MarketDataError):
    """The caller sees the dataset but does not own it."""

    def __init__(self, dataset: str) -> None:
        super().__init__(f"dataset '{dataset}' belongs to another user; only its owner may change it")
        self.dataset = dataset


class InstrumentNotFound(MarketDataError):
    """The dataset lacks some of the asked symbols."""

    def __init__(self, symbols: Sequence[str]) -> None:
        shown = ", ".join(symbols[:10]) + (", …" if len(symbols) > 10 else "")
        super().__init__(f"the dataset has no instrument with symbol {shown}")
        self.symbols = tuple(symbols)


class UnreadableUpload(MarketDataError):
    """The upload is not what its header says, as a whole."""


class UploadTooLarge(MarketDataError):
    """The upload, or what it unpacks to, is beyond the limit."""

    def __init__(self, max_bytes: int, what: str = "the upload") -> None:
        super().__init__(f"{what} is larger than {max_bytes} bytes; split it by date")
        self.max_bytes = max_bytes


class CurrencyMismatch(MarketDataError):
    """The upload states another currency than the instruments have."""

    def __init__(self, currency: str, symbols: Sequence[str]) -> None:
        super().__init__(f"{', '.join(symbols[:10])} stored in another currency than {currency}; state theirs")
        self.symbols = tuple(symbols)


class NoSessions(MarketDataError):
    """The asked range holds too few sessions."""


class AnswerTooLarge(MarketDataError):
    """The asked matrix is larger than one message carries."""

    def __init__(self, rows: int, cols: int, max_numbers: int) -> None:
        super().__init__(f"{rows} × {cols} returns are more than {max_numbers}; ask for fewer symbols or sessions")


class CursorInvalid(MarketDataError):
    """The cursor was not given by this stream of this dataset."""

    def __init__(self) -> None:
        super().__init__("the cursor was not given by this stream of this dataset; leave it empty to start anew")


class ReplayNotFound(MarketDataError):
    """There is no such replay, or the caller may not see it."""

    def __init__(self, replay_id: str) -> None:
        super().__init__(f"replay '{replay_id}' not found")


class RecordNotFound(MarketDataError):
    """The dataset keeps no such record apart."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(f"not in the dataset's quarantine: {', '.join(ids[:10])}" + (", …" if len(ids) > 10 else ""))
        self.ids = tuple(ids)


class DividendNotAdjustable(MarketDataError):
    """Bars cannot be adjusted for a dividend."""

    def __init__(self, symbol: str, ex_date: date) -> None:
        super().__init__(
            f"the dataset has no daily close of {symbol} before {ex_date} that is larger than its dividend of that day;"
            " import daily prices, or ask for splits alone"
        )
        self.symbol, self.ex_date = symbol, ex_date


class ActionNamedTwice(MarketDataError):
    """An update names an action more than once."""

    def __init__(self, symbol: str, ex_date: date) -> None:
        super().__init__(f"{symbol} on {ex_date} is named more than once: name each once")


class SourceNotConfigured(MarketDataError):
    """The installation has no key for the source."""

    def __init__(self, source: str, settings: Sequence[str]) -> None:
        super().__init__(f"this installation has no key for {source}; its operator sets {' and '.join(settings)}")
        self.source, self.settings = source, tuple(settings)


class KindNotOffered(MarketDataError):
    """The source cannot be asked for that."""

    def __init__(self, source: str, offered: Sequence[str]) -> None:
        super().__init__(f"{source} does not offer it; it offers {' and '.join(offered)}")


class TargetNamedTwice(MarketDataError):
    """A feed names a target more than once."""

    def __init__(self, symbols: Sequence[str]) -> None:
        super().__init__(f"{', '.join(symbols[:10])} named more than once: name each once")


class FeedNotFound(MarketDataError):
    """The dataset has no such feed."""

    def __init__(self, source: str, kind: str) -> None:
        super().__init__(f"the dataset has no feed of {kind} from {source}; ListFeeds tells which it has")


class TooMany(MarketDataError):
    """The caller has as many of something as are allowed at once."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"you run {limit} {what} already, as many as are allowed at once; end one first")
        self.what = what
        self.limit = limit


class FeedUnavailable(MarketDataError):
    """Ticks can be neither read nor played at the moment."""

    def __init__(self) -> None:
        super().__init__("ticks are unavailable at the moment; try again shortly")
