"""Streamlit pages of Meadow; the gateway is their only backend."""
