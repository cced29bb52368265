"""The author's desk: a spreadsheet's rows become a checked instrument, or a list of all that is wrong with them.

Nothing here runs on a tablet, which is handed finished instruments inside the signed keys file.
"""
