"""What prices, returns and ticks are, without a network, a store or a clock.

Reading an upload: `table` (rows of cells) → `layout` (wide or long) → `wide` | `long` with `cells` → `prices`.
Answering: `returns`. Streaming: `ticks`, `board`. What can be wrong: `defects` in an upload, `errors` in a call.
"""
