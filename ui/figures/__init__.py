"""Pure functions: numpy in, plotly Figure out. Neither streamlit nor torch."""
