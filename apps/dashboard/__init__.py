"""The clinician's dashboard: pages on Streamlit behind a door of our own."""
