"""The public viewer: `commons serve` runs it. It reads releases and takes nothing in."""

import streamlit as st

from dashboard import address, frame, language

# An icon of our own: Streamlit fetches its named ones and its emoji from other hosts.
st.set_page_config(page_title="Firearms Data Commons", page_icon=str(frame.HERE / "assets" / "icon.png"), layout="wide")
address.use(st.query_params.to_dict())
language.use(language.chosen(address.here().get("lang"), st.context.locale), address.here().get("digits"))
st.navigation([frame.page_of(name) for name in frame.PAGES], position="hidden").run()
