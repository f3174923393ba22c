"""Drills.

Rehearsals on a broken site, their score, record, history and detections. The site
itself lies in `site`, what breaks it in `faults`; no screens.
"""
