"""What happened and who changed what: the catalogue of events, event rows and audit rows.

Append-only, in the writer's own shard, in the transaction of the change. Read with cursors.
"""
