"""Streamlit pages; they talk to the gateway only."""
