"""What runs in a pipeline's step: the program around the step's command, and what it is made of.

Everything here but `own_process` and `program` needs nothing but the standard library, so that it runs in a step's
image that lacks this package: `program` packs it into the word that the pipeline's command carries.
"""
