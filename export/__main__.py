"""``python -m export``: the verbs of the centre and of the custodian, each loaded only when it is called.

The process that faces the network must not even have the code that opens a row in its memory, and a machine without
the custodian's libraries must still serve; so this table names modules as text, and the help is read from it.
"""

from __future__ import annotations

from survey.verbs import LazyVerbs, Table

_CENTRE = "export.centre.verbs"
_CARDS = "export.centre.card_verbs"
_CUSTODIAN = "export.custodian.verbs"
_KEYS = "export.custodian.key_verbs"

# verb: (module, function there, one line of help)
VERBS: Table = {
    "serve": ("export.centre.running", "serve", "Run the centre: intake, link and analysts' pages."),
    "enrol-code": (_CENTRE, "enrol_code", "Make a code with which one tablet can join."),
    "tablets": (_CENTRE, "tablets", "List the tablets and how long each has been silent."),
    "revoke": (_CENTRE, "revoke", "Believe a lost tablet no more."),
    "take-in": (_CENTRE, "take_in", "Take in a keys file, a notices file or a tablet's rescue file."),
    "carry-out": (_CENTRE, "carry_out", "Write all sealed rows into one file for the custodian."),
    "move-rows": (_CENTRE, "move_rows", "Move the rows into a database, where one machine no longer serves."),
    "cards": (_CARDS, "print_cards", "Print cards with one-time codes, or posters."),
    "codes": (_CARDS, "codes", "List what was printed; cancel the codes of a batch."),
    "publish": (_CENTRE, "publish", "Put a signed release on the analysts' pages."),
    "token": (_CENTRE, "token", "Add, revoke or list analysts' tokens."),
    "account": ("export.centre.account_verbs", "account", "Make, renew, unlock, close or list accounts."),
    "check-proxy": (_CENTRE, "check_proxy", "Check the configuration of the server in front."),
    "audit": (_CENTRE, "audit", "Print what staff and analysts did, and when."),
    "pull": ("export.pulling", "pull", "Pull a release from a centre, whole and checked."),
    "keygen": (_KEYS, "keygen", "Make the collection key and the authority key."),
    "split": (_KEYS, "split", "Split the collection key into paper shares."),
    "drill": (_KEYS, "drill", "Try whether shares still open answers; writes nothing."),
    "restore": (_KEYS, "restore", "Put the collection key together from its shares."),
    "rotate": (_KEYS, "rotate", "Make another collection key; old answers still open."),
    "destroy": (_KEYS, "destroy", "Destroy a collection key: its answers stay sealed for good."),
    "sign-keys": (_CUSTODIAN, "sign_keys", "Sign the keys file that tablets and the centre trust."),
    "release": (_CUSTODIAN, "release", "Open what was carried out and build a release."),
    "review": (
        "export.custodian.review_verbs",
        "review",
        "Read masked comments; two people decide which may be quoted.",
    ),
    "take-back": (
        "export.custodian.review_verbs",
        "take_back",
        "Hold back a quotation that was let out and has not left.",
    ),
    "verify": (_CUSTODIAN, "verify", "Check that a release is whole and was signed by the custodian."),
}


main = LazyVerbs(VERBS, "The centre, the custodian who holds the key, and the analyst who pulls.")

if __name__ == "__main__":
    main(prog_name="python -m export")
