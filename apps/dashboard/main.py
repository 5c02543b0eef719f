"""The script that Streamlit runs: the frame around every page."""

from clinigait.apps.dashboard.frame import show

show()
