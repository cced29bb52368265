"""The questions: what may be asked, in which order, and what counts as an answer.

Pure: no web (``fields`` apart), no database, no keys, no clock. The same code judges a questionnaire
at the custodian's desk, walks a respondent through it and checks what was opened.
"""
