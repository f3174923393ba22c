"""A drill site.

A small MOBIUS in a folder, with its files and real processes. What breaks it lies in
`faults`; scripts and programs of a site in `drill/assets`.
"""
