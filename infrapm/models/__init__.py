"""The models of the book: what each chapter's exercises compute.

One module a chapter, named by the chapter's slug. Every public function answers one question, takes keyword
arguments with units in their names, and returns a frozen dataclass. The models use the standard library alone and
import nothing else of this package, so they run unchanged in a browser. Invalid arguments raise `ValueError` with
a sentence that names the argument, its range and the value given.

Conventions: fractions from 0 to 1, never percent; a month is 30 days, a quarter 90, a year 365; a result that is
not defined is `None`, not zero; one beyond the largest float, about 1.8e308, in itself or on the way to it, is infinite.
"""
