"""What is written from an assessment (PDF, figures, FHIR, DICOM, tables), and cards of models.

The parts are imported from their own files, so that a table costs no figure library:
:mod:`clinigait.report.pdf`, :mod:`clinigait.report.fhir`, :mod:`clinigait.report.dicom`,
:mod:`clinigait.report.tables`, :mod:`clinigait.report.tidy`, :mod:`clinigait.report.card`.
"""
