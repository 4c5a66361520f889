"""Many database servers: which of them a request reads from.

A portal with `DATABASE_REPLICA_URLS` has a primary, which takes all writes, and standbys, which
follow it by streaming replication. `watching` knows which standbys are alive and up to date,
`middleware` chooses one server for the whole of a request, and `router` has Django heed the choice.
"""
