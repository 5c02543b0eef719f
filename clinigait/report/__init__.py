"""Everything that is written from an assessment: PDF, figures, FHIR and tables.

The parts are imported from their own files, so that a table costs no figure library:
:mod:`clinigait.report.pdf`, :mod:`clinigait.report.fhir`, :mod:`clinigait.report.tables`.
"""
