"""The public pages: choose, show, follow. They read releases and change nothing."""
