"""What leaves: the centre that faces the network and the custodian who has the key.

The two never import each other, so the process that faces the network cannot open an answer.
"""
