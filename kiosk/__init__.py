"""The tablet: joins a centre, serves the interview on loopback, brings sealed rows home."""
