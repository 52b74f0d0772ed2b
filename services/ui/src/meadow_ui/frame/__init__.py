"""What is around every page.

In a folder of its own: a folder `pages` beside the app is taken by Streamlit for pages of its own making, and the first
visitor who comes by a link to one of them is shown that file alone, without the frame.
"""
