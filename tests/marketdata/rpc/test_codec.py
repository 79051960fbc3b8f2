import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from hypothesis import given
from hypothesis import strategies as st
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1 import prices_pb2 as prices

from chassis.errors import InvalidRequest
from services.marketdata.app.get_returns import Returns
from services.marketdata.app.ingest_prices import Format
from services.marketdata.domain.dataset import Bar, Visibility
from services.marketdata.domain.defects import DefectReason
from services.marketdata.domain.layout import Layout
from services.marketdata.domain.replay import Replay, ReplayState
from services.marketdata.domain.returns import ReturnsWindow
from services.marketdata.domain.updates import InstrumentUpdate
from services.marketdata.rpc import codec
from services.marketdata.wire.dataset import to_replay
from services.marketdata.wire.times import from_date, from_timestamp, to_date, to_timestamp
from tests.marketdata.builders import NOW


def names(enum):
    return [value.name for value in enum.DESCRIPTOR.values if value.number]


def test_the_contracts_words_are_the_domains():
    assert [f"DEFECT_REASON_{reason.name}" for reason in DefectReason] == names(prices.DefectReason)
    assert [f"VISIBILITY_{word.name}" for word in Visibility] == names(prices.Visibility)
    assert [f"REPLAY_STATE_{word.name}" for word in ReplayState] == names(prices.ReplayState)
    assert [f"PRICE_FORMAT_{word.name}" for word in Format] == names(pb.PriceFormat)
    assert [f"PRICE_LAYOUT_{word.name}" for word in Layout if word.value] == names(pb.PriceLayout)


def test_a_header_says_usd_and_private_where_it_says_nothing():
    upload = codec.from_header(pb.IngestHeader(dataset="prices", format=pb.PRICE_FORMAT_CSV))
    assert (upload.currency, upload.visibility, upload.layout) == ("USD", Visibility.PRIVATE, Layout.UNSPECIFIED)


def test_what_is_unknown_of_a_bar_is_absent_and_zero_is_zero():
    bar = codec.to_bar(Bar("A", date(2024, 1, 2), None, 2.0, None, 1.0, 1.0, 0.0, NOW))
    assert [bar.HasField(field) for field in ("open", "high", "low", "volume")] == [False, True, False, True]


def test_returns_are_packed_row_by_row_in_little_endian():
    window = ReturnsWindow(
        np.array([738_001, 738_002], np.int32), np.array([[0.1, np.nan], [0.2, -0.3]]), np.array([2, 1], np.int32)
    )
    answer = codec.to_returns(Returns(["A", "B"], [date(2024, 1, 2), None], window))
    back = np.frombuffer(answer.returns.packed, "<f8").reshape(answer.returns.rows, answer.returns.cols)
    np.testing.assert_array_equal(back, window.returns)
    assert math.isnan(back[0, 1])
    assert [(h.symbol, h.observations, h.missing, h.HasField("start")) for h in answer.histories] == [
        ("A", 2, 0, True),
        ("B", 1, 1, False),
    ]
    assert [from_date(pb.Close(session=day), "session").toordinal() for day in answer.sessions] == [738_001, 738_002]


def test_a_replay_that_has_not_begun_has_no_position():
    replay = to_replay(Replay("r", "d", "u", ReplayState.RUNNING, 10.0, None, 0, 5))
    assert not replay.HasField("position")
    assert replay.state == prices.REPLAY_STATE_RUNNING


@given(st.dates())
def test_every_date_survives_the_wire(day):
    assert from_date(pb.ListClosesRequest(session=to_date(day)), "session") == day


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_time_survives_the_wire(time):
    assert from_timestamp(pb.ListClosesRequest(as_of=to_timestamp(time)), "as_of") == time


@pytest.mark.parametrize("day", [Date(year=2024, month=2, day=30), Date(year=2024, month=5), Date(year=2024)])
def test_a_date_that_is_no_day_is_refused_by_the_fields_name(day):
    with pytest.raises(InvalidRequest) as raised:
        from_date(pb.ListClosesRequest(session=day), "session")
    assert raised.value.violations[0][0] == "session"


def test_a_time_that_no_calendar_has_is_refused_by_the_fields_name():
    request = pb.ListClosesRequest(as_of=Timestamp(seconds=10**15))
    with pytest.raises(InvalidRequest) as raised:
        from_timestamp(request, "as_of")
    assert raised.value.violations[0][0] == "as_of"


def test_what_is_absent_is_none():
    request = pb.ListClosesRequest()
    assert from_date(request, "session") is from_timestamp(request, "as_of") is None


def test_a_microsecond_is_not_lost():
    time = datetime(2024, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC) + timedelta(0)
    assert to_timestamp(time).nanos == 999_999_000


def test_an_update_says_what_is_there_alone_and_an_empty_text_is_there():
    request = pb.UpdateInstrumentsRequest(updates=[{"symbol": "A", "sector": ""}, {"symbol": "B", "lot_size": 10}])
    assert codec.from_updates(request) == [InstrumentUpdate("A", sector=""), InstrumentUpdate("B", lot_size=10)]


def test_each_symbol_that_is_updated_again_is_named_with_the_first():
    request = pb.UpdateInstrumentsRequest(updates=[{"symbol": symbol} for symbol in "ABABA"])
    with pytest.raises(InvalidRequest) as raised:
        codec.from_updates(request)
    assert [field for field, _ in raised.value.violations] == [f"updates[{index}].symbol" for index in (2, 3, 4)]
    assert "updates[0]" in raised.value.violations[-1][1]


def test_every_field_of_an_update_is_read():
    named = {field.name for field in pb.InstrumentUpdate.DESCRIPTOR.fields}
    assert named == set(InstrumentUpdate.__dataclass_fields__)
