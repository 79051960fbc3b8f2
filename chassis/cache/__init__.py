"""Content is cached, freshness is read.

What makes a cache wrong is not that it forgets but that it remembers too long. So no entry is believed for its age.
An entry is a resource as it was answered, in serialized bytes, with a stamp: the version of its row and whose row it
is. A read asks PostgreSQL for the stamp as it is now, and the entry counts only if its own stamp is that one:

1. A read that finds an entry asks for the row's present stamp. All reads that wait at that moment share one statement
   (`Coalescer`), and a read joins only a statement that starts after it: what it is told is no older than its question.
2. No stamp, or one of somebody outside the reader's reach: there is nothing to find, and both look the same.
3. The entry's stamp is the present one: its bytes are the answer. No row, no holdings, no decoding, no encoding.
4. Otherwise the next layer is asked, and after the last one the row is read in full, which is an answer by itself and
   fills the layers. Such reads share statements in the same way, so a row that a thousand callers miss at once is
   read once or twice, and none of them is given a row older than its question.

It follows that a replica serves nothing older than any write that was acknowledged before the read began, whichever
replica wrote; that a write waits for no cache; that a lost, late or forged message costs a statement and never an
answer; and that Redis may be slow, empty, stale or gone. Dropping entries when an event tells of a change
(`follow`) only frees memory sooner.

Layers, by the specification: L1 in this process (1,000 entries, 300 s, 100 MB), L2 in Redis, then the database.
"""

from chassis.cache.cached import Cached, Reader, Source
from chassis.cache.coalescer import Coalescer
from chassis.cache.entry import Entry, Stamp
from chassis.cache.following import follow
from chassis.cache.layers import Layers, open_layers

__all__ = ["Cached", "Coalescer", "Entry", "Layers", "Reader", "Source", "Stamp", "follow", "open_layers"]
