"""From TOML tables to the model.

One module for each part of the format. Rules between the parts are in lint/.
"""
