"""What of the contract is honoured, accepted without effect or refused: one table, for `GET /_compat` and the docs.

`parts` has a row for every field of every request body, `endpoints` the routes with their queries and forms, `errors`
the error texts. Tests hold the table against the code: a parameter, a route or a text without a row fails them.
"""
