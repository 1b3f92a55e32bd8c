"""What reading, storing and answering share about language: sentences, words, dates, the encoder's graph.

Imports none of them.
"""
