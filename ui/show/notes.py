"""The few paragraphs under a picture, side by side where there is room."""

import streamlit as st


def notes(text: str) -> None:
    """Paragraphs (separated by empty lines) in as many columns as there are paragraphs."""
    paragraphs = text.strip().split("\n\n")
    for column, paragraph in zip(st.columns(len(paragraphs)), paragraphs, strict=True):
        column.markdown(paragraph)
