"""The portal: `commons portal` runs it. What it takes in is published by nobody but a build."""

import streamlit as st

from dashboard import address, frame, language
from dashboard.portal import stage

st.set_page_config(page_title="Firearms Data Commons", page_icon=str(frame.HERE / "assets" / "icon.png"), layout="wide")
address.use(st.query_params.to_dict())
language.use(language.chosen(address.here().get("lang"), st.context.locale), address.here().get("digits"))
st.navigation([stage.page_of(name) for name in stage.PAGES], position="hidden").run()
