"""The picture that browsers show beside the title."""

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="6" fill="#17425c"/>'
    '<g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round">'
    '<path d="M16 12v7l-5 8M16 19l5 8M16 13l-5 4M16 13l6 3"/></g>'
    '<circle cx="16" cy="7.5" r="2.8" fill="#fff"/></svg>'
)
