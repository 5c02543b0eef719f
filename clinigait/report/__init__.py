"""Everything that is written from an assessment: PDF, figures, FHIR, DICOM and tables; the cards of models.

The parts are imported from their own files, so that a table costs no figure library:
:mod:`clinigait.report.pdf`, :mod:`clinigait.report.fhir`, :mod:`clinigait.report.dicom`,
:mod:`clinigait.report.tables`, :mod:`clinigait.report.tidy`, :mod:`clinigait.report.card`.
"""
