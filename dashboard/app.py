"""The public viewer: `commons serve` runs it. It reads releases and takes nothing in."""

from pathlib import Path

import streamlit as st

from dashboard import address, language

HERE = Path(__file__).parent
PAGES = ("overview", "local", "region", "sources", "origin", "methods", "about")

# An icon of our own: Streamlit fetches its named ones and its emoji from other hosts.
st.set_page_config(page_title="Firearms Data Commons", page_icon=str(HERE / "assets" / "icon.png"), layout="wide")
address.use(st.query_params.to_dict())
language.use(language.chosen(address.here().get("lang"), st.context.locale), address.here().get("digits"))
pages = [
    st.Page(HERE / "pages" / f"{name}.py", title="Firearms Data Commons", url_path=name, default=name == PAGES[0])
    for name in PAGES
]
st.navigation(pages, position="hidden").run()
