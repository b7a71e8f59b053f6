"""What the site must measure up to, page by page, in a real browser: ``python -m tests.audit build/site``.

Every page is opened with all other hosts out of reach, in light and in dark. Counted are the faults that the browser
reports, axe's violations, what the first visit loads, and links that lead nowhere.
"""
