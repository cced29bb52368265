"""The custodian's machine, without a network: keys, opening, disclosure control, release."""
