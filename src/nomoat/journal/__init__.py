"""The journal: what happened. Append-only and hash-chained; readers pull with a cursor."""
