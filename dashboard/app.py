"""The public viewer: `streamlit run dashboard/app.py` with COMMONS_DATA set. It reads releases and takes nothing in."""

from pathlib import Path

import streamlit as st

from dashboard.pages import origin

HERE = Path(__file__).parent

# An icon of our own: Streamlit fetches its named ones and its emoji from other hosts.
st.set_page_config(page_title="Firearms Data Commons", page_icon=str(HERE / "assets" / "icon.png"), layout="wide")
st.html(HERE / "style.css")
pages = [st.Page(HERE / "pages" / "compare.py", title="Compare", url_path="compare", default=True)]
chosen = st.navigation(pages, position="hidden")
# Every page's numbers lead to the same place: an address with a figure shows where that figure comes from.
if "figure" in st.query_params:
    origin.page()
else:
    chosen.run()
