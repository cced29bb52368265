"""The promise: interview, sealing, keeping; the base that tablet and centre share.

An answer lives here in memory only, until ``submission.submit`` seals it. Nothing in this package can
open what it sealed.
"""
