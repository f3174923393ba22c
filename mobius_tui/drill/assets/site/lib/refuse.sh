#!/usr/bin/env bash
# Stands in for a program that would reach beyond this drill site: it does nothing.
echo "${0##*/}: a stand-in, for this drill site alone; it reaches nothing else" >&2
case ${1-} in --help) ;; *) exit 126 ;; esac
