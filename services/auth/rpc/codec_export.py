"""What a user takes along, as lines of files; pure."""

from __future__ import annotations

from chassis.export import Lines, line_of
from services.auth.app.export_my_data import Exported, Numbered
from services.auth.domain.api_keys import ApiKey
from services.auth.domain.link import Link
from services.auth.domain.refresh_tokens import Session
from services.auth.domain.usage import Usage
from services.auth.domain.user import User
from services.auth.rpc.codec import api_key_message, session_message, usage_message, user_message
from services.auth.rpc.codec_audit import event_message
from services.auth.wire.links import link_message


def lines_of(found: Exported) -> Lines:
    """The line, in its file."""
    match found:
        case User():
            return line_of("account.ndjson", user_message(found))
        case Link():
            return line_of("links.ndjson", link_message(found))
        case ApiKey():
            return line_of("api_keys.ndjson", api_key_message(found))
        case Session():
            return line_of("sessions.ndjson", session_message(found))
        case Usage():
            return line_of("usage.ndjson", usage_message(found))
        case Numbered(seq, entry):
            return line_of("audit_events.ndjson", event_message(seq, entry))
