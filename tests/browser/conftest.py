"""What the browser tests share."""

from chrome import browser, chromium, page, server

__all__ = ["browser", "chromium", "page", "server"]
