"""Commands on runs that are on record: to list, read, report and pass them on."""
