"""The picture of this connector."""

LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128" role="img" aria-label="SMTP">
<rect x="12" y="30" width="104" height="72" rx="8" fill="#1f6f8b"/>
<path d="M18 40l46 34 46-34" fill="none" stroke="#fff" stroke-width="7" stroke-linejoin="round" stroke-linecap="round"/>
<path d="M72 88h24m-9-9l9 9-9 9" fill="none" stroke="#ffd166" stroke-width="6" stroke-linejoin="round" stroke-linecap="round"/>
</svg>
"""
