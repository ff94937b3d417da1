"""The append-only record of every decision: streams of chained events that nobody edits.

A stream's prefix is the permission to write it, and put-if-absent of the next number is the only lock.
"""
