"""Foreign answers to the labs: right ones in another style, and wrong ones that are no mutants.

One module for each lesson: ``RIGHT`` maps every exercise to one or more sources, ``WRONG`` lists pairs of exercise and source.
"""
